// One channel as sctpd sees it: an edge at one side, a stream of an association at the other, and
// how far OPEN and CLOSED have got. It never sees what is inside a SEALED frame.
//
//   role kListen (our edge opens it):
//     kWaiting --association up, edge's OPEN--> kOpening --OPENED--> kOpen --CLOSED--> kClosing
//        ^                                          '-----REFUSED--> kRefused --(edge's next OPEN)
//   role kConnect (the peer opens it):
//     kOpening (at authd) --accepted, adopted--> kOpen --CLOSED--> kClosing
//   relayed: one of each role, joined in memory (relay_link.h); kConnect waits for the next hop's
//   OPENED instead of authd's verdict.
//
// What differs between the two is its side's (channel_side.h).
//
// The stream is held from OPEN until CLOSED went both ways or REFUSED came. Either side may be
// missing: a channel without link (the edge died) waits for the peer's CLOSED, one without stream
// waits for its edge. With neither it is over. Owned by the ChannelTable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/deadlines.h"
#include "common/base/ids.h"
#include "common/config/model.h"
#include "funnel-sctpd/association/association.h"
#include "funnel-sctpd/channel/frame_link.h"
#include "funnel-sctpd/relay/passing_nonces.h"

namespace funnel::sctpd {

enum class ChannelRole : std::uint8_t { kListen, kConnect };
enum class ChannelState : std::uint8_t { kWaiting, kOpening, kOpen, kRefused, kClosing };
[[nodiscard]] std::string_view Name(ChannelState state);

struct ChannelStats {
  std::uint64_t frames_sent = 0, frames_received = 0;
  std::uint64_t bytes_sent = 0, bytes_received = 0;
  std::uint64_t frames_dropped = 0;
};

class ChannelSide;

class Channel {
 public:
  Channel(std::uint64_t number, ChannelRole role, std::string service, std::string peer,
          ChannelSide& side);

  // From OPEN until CLOSED went both ways, or REFUSED came.
  struct StreamUse {
    StreamId id;
    bool opened = false;  // OPENED went by
    bool closed_sent = false;
    bool closed_received = false;
  };
  // kConnect, while the peer's OPEN is not answered. It counts against the limits for such.
  struct HalfOpen {
    // What authd is to answer; nullopt: the next hop is. No edge is there before authd's answer.
    std::optional<std::uint32_t> request;
  };
  // What only a relayed channel has.
  struct Relay {
    std::string peer;  // at the other side
    PassingNonces::Hold nonce;
  };

  [[nodiscard]] ChannelState state() const { return state_; }
  void SetState(ChannelState state, std::string_view reason);

  // For the engine.
  [[nodiscard]] sctp::SendOptions::Share share() const;

  // The association of its stream; also while it waits for OPEN on one that is up. nullptr: none.
  [[nodiscard]] Association* association() const { return association_; }
  void Join(Association& association);
  // Has no stream (any more).
  void Leave();

  // Takes hold of a free stream for channel ID.
  void TakeStream(Association& association, StreamId stream, ChannelId id);
  // Lets go of the stream, and without a link of the association; nothing if it holds none.
  void FreeStream();
  // nullptr: it holds none.
  [[nodiscard]] StreamUse* stream() { return stream_ ? &*stream_ : nullptr; }
  [[nodiscard]] const StreamUse* stream() const { return stream_ ? &*stream_ : nullptr; }
  // Whether OPENED went by, and CLOSED not yet both ways.
  [[nodiscard]] bool carries_sealed() const { return stream_ && stream_->opened; }

  // Whether what is said below of its state and its parts fits together; asserted after each call
  // that may have changed them.
  [[nodiscard]] bool IsConsistent() const;

  const std::uint64_t number;  // of this process, never used again
  const ChannelRole role;
  std::string service;  // configured name; empty until authd has named it
  const std::string peer;
  ChannelSide& side;
  ChannelId id;  // of the present or last OPEN
  std::unique_ptr<FrameLink> link;
  std::optional<HalfOpen> half_open;
  std::optional<Relay> relay;
  // By then the edge or the peer must have gone on.
  Deadlines<Channel>::Deadline deadline{*this};
  bool ending = false;  // goes at the end of the turn

  ChannelStats stats;
  std::optional<ipc::Note> note;  // what the edge says, for status
  std::string reason;
  bool reason_authenticated = false;
  std::int64_t since_unix = 0;

  // Its place among those that send (SendTurns).
  bool queued = false;        // in association()->senders
  std::size_t turn_left = 0;  // bytes of a turn that the full engine interrupted; 0: none
  // As the service's configuration says, while it is known (SendTurns::Configure).
  std::size_t priority = config::ServiceConfig{}.priority;
  std::size_t weight = config::ServiceConfig{}.weight;
  bool copied = false;

  // LinkTable's own.
  bool dirty = false;              // frames wait for the end of the turn
  std::size_t queued_to_edge = 0;  // of the table's sum

 private:
  ChannelState state_;
  Association* association_ = nullptr;
  std::optional<StreamUse> stream_;
};

}  // namespace funnel::sctpd
