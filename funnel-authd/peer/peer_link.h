// @peer on one association: proves to sctpd which configured peer is at its far end, and renews the
// proof. sctpd relays the frames of stream 0 and learns only the verdict.
//
// The side that connected opens the channel; where both did, the OPEN of the node with the lower
// name wins. After the two HELLOs the association is verified. The channel then renews itself by
// rekeys; if it is lost (the far authd was restarted) the opener opens another one.
//
// Thread: the loop's; tokens are made and accepted in the pools.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/wire/frame/frame.h"
#include "funnel-authd/attempt_work.h"
#include "funnel-authd/handshake.h"
#include "funnel-authd/peer/link_progress.h"
#include "funnel-authd/peer/link_turn.h"
#include "funnel-authd/peer/peer_channel.h"
#include "funnel-authd/peer/peer_rekeys.h"
#include "funnel-authd/shared_state.h"

namespace funnel::authd {

class PeerLink {
 public:
  using State = LinkProgress::State;

  PeerLink(SharedState& shared, ClientId sctpd, AssociationId association, std::uint64_t instance);

  // We connected the association to this configured peer.
  void Start(const std::string& peer);
  void OnFrame(Bytes frame);
  // Called after a reload: ends what the configuration no longer allows.
  void Recheck();

  [[nodiscard]] State state() const { return progress_.state(); }
  // The configured peer, once known.
  [[nodiscard]] const std::string& peer() const { return peer_; }
  [[nodiscard]] const PeerChannel* channel() const { return channel_.get(); }
  [[nodiscard]] std::int64_t since() const { return progress_.since(); }
  [[nodiscard]] const std::string& reason() const { return progress_.reason(); }

 private:
  void SetState(State state, const std::string& reason = {});
  void Send(const wire::FrameHeader& header, ByteView body);

  // --- as initiator
  void Open();
  // The context has made its token: send OPEN.
  void OnBegun(Result<BegunOpen> begun);
  // The acceptor's OPENED came: finish the handshake in the pool.
  void OnOpened(ByteView body);
  void OnFinished(Result<Established> established);
  void OnRefused(ByteView body);

  // --- as acceptor
  void OnOpen(ChannelId channel, const Bytes& body);
  // The token was judged in the pool: answer OPENED or REFUSED.
  void OnAccepted(ChannelId channel, const Bytes& open_body, Result<gss::Acceptance> acceptance);
  // IDENTITY belongs to the channel that is established; PEER is the configured name.
  void OnConcluded(PeerChannel::Identity identity, const std::string& peer,
                   Result<ConcludedOpen> concluded);
  void Refuse(ChannelId channel, Bytes refused_body, const std::string& principal,
              const std::string& why);

  // --- established
  void Establish(PeerChannel::Identity identity, Established established);
  // The peer's HELLO shows that it has the keys: the association is verified.
  void OnHello(const wire::HelloBody& hello);
  void OnChannelEnded(const std::string& text);

  // There is no verdict, or no longer one. While a refusal is on its way to the peer, the report to
  // sctpd waits for DELAY, because sctpd aborts the association.
  void Fail(const std::string& text, Duration delay = {});

  SharedState& shared_;
  const ClientId sctpd_;
  const AssociationId association_;
  const std::uint64_t instance_;
  LinkProgress progress_;
  std::string peer_;
  bool opener_ = false;  // we connected, so we open

  AttemptWork work_;
  ChannelId channel_id_;
  std::optional<BegunOpen> begun_;
  std::unique_ptr<PeerChannel> channel_;
  PeerRekeys rekeys_;
  LinkTurn later_;  // open another channel, or report a failure to sctpd
  std::optional<ChannelId> closed_sent_for_;
};

}  // namespace funnel::authd
