// The rekeys of an established @peer channel: makes and accepts their tokens in the pools, and
// gives the channel the next epoch's keys.
//
// Owned by the link. The channel's callbacks lead here, so a channel is present in each of them.
// Thread: the loop's.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "funnel-authd/attempt_work.h"
#include "funnel-authd/handshake.h"
#include "funnel-authd/peer/peer_channel.h"
#include "funnel-authd/shared_state.h"

namespace funnel::authd {

class PeerRekeys {
 public:
  // All of it outlives this. CHANNEL may change; a rekey belongs to the attempt that made it.
  struct Around {
    SharedState& shared;
    AttemptWork& work;
    const std::unique_ptr<PeerChannel>& channel;
    const std::string& peer;
  };
  explicit PeerRekeys(const Around& around) : around_(around) {}

  // The channel wants keys for the epoch NEXT: begins a rekey.
  void OnDue(Epoch next);
  // The other end's token came: its answer to a rekey of ours, or a rekey that it begins.
  void OnToken(Epoch next, Bytes token);
  // The acceptor refused ours. Its keys may be new, so the next rekey uses another ticket.
  void OnRefused();
  // Call it where the attempt ends.
  void Forget() { begun_.reset(); }

 private:
  // The acceptor's half of a rekey that we began.
  void FinishOurs(Epoch next, Bytes reply);
  // A rekey that the other end began.
  void AcceptTheirs(Epoch next, Bytes body);
  void Fail(const std::string& text);
  // The channel takes no RekeyFailed() inside a callback, so this calls it in the next turn.
  void FailLater();

  Around around_;
  std::optional<BegunRekey> begun_;  // by us, and not answered yet
};

}  // namespace funnel::authd
