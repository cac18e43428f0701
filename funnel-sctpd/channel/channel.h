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
// The differences between the two roles are in its side (channel_side.h).
//
// It holds the stream from OPEN until CLOSED went both ways or REFUSED came. Either side may be
// missing: a channel without link (the edge died) waits for the peer's CLOSED, one without stream
// waits for its edge. Without both it is over. Owned by the ChannelTable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/deadlines.h"
#include "common/base/ids.h"
#include "common/config/service_config.h"
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

  // Exists from OPEN until CLOSED went both ways, or REFUSED came.
  struct StreamUse {
    StreamId id;
    bool opened = false;  // OPENED has passed
    bool closed_sent = false;
    bool closed_received = false;
  };
  // kConnect, until the peer's OPEN is answered. It counts for the limits of such channels.
  struct HalfOpen {
    // The request to authd, if authd must answer; nullopt: the next hop must. Before authd's answer
    // there is no edge.
    std::optional<std::uint32_t> request;
  };
  // The data that only a relayed channel has.
  struct Relay {
    std::string peer;  // at the other side
    PassingNonces::Hold nonce;
  };

  [[nodiscard]] ChannelState state() const { return state_; }
  void SetState(ChannelState state, std::string_view reason);

  // For the engine.
  [[nodiscard]] sctp::SendOptions::Share share() const;

  // The association of its stream, or the one that is up and on which it waits for OPEN. nullptr:
  // none.
  [[nodiscard]] Association* association() const { return association_; }
  void Join(Association& association);
  // It has no stream, or no longer one.
  void Leave();

  // Takes a free stream for channel ID.
  void TakeStream(Association& association, StreamId stream, ChannelId id);
  // Releases the stream, and without a link also the association; does nothing if it holds none.
  void FreeStream();
  // nullptr: it holds none.
  [[nodiscard]] StreamUse* stream() { return stream_ ? &*stream_ : nullptr; }
  [[nodiscard]] const StreamUse* stream() const { return stream_ ? &*stream_ : nullptr; }
  // Whether OPENED has passed, and CLOSED not yet both ways.
  [[nodiscard]] bool carries_sealed() const { return stream_ && stream_->opened; }

  // Whether the members fit the state; asserted after each call that may have changed them.
  [[nodiscard]] bool IsConsistent() const;

  const std::uint64_t number;  // in this process; used only once
  const ChannelRole role;
  std::string service;  // configured name; empty until authd has named it
  const std::string peer;
  ChannelSide& side;
  ChannelId id;  // of the present or last OPEN
  std::unique_ptr<FrameLink> link;
  std::optional<HalfOpen> half_open;
  std::optional<Relay> relay;
  // The edge or the peer must have continued by then.
  Deadlines<Channel>::Deadline deadline{*this};
  bool ending = false;  // it is destroyed at the end of the turn

  ChannelStats stats;
  std::optional<ipc::Note> note;  // the edge's, for status
  std::string reason;
  bool reason_authenticated = false;
  std::int64_t since_unix = 0;

  // Whether it has a place among those that send (SendTurns).
  bool queued = false;        // in association()->senders
  std::size_t turn_left = 0;  // what is left of a turn that the full engine interrupted
  // From the service's configuration, while it is known (SendTurns::Configure).
  std::size_t priority = config::ServiceConfig{}.priority;
  std::size_t weight = config::ServiceConfig{}.weight;
  bool copied = false;

  // LinkTable's own data.
  bool dirty = false;              // frames wait for the end of the turn
  std::size_t queued_to_edge = 0;  // its part of the table's sum

 private:
  ChannelState state_;
  Association* association_ = nullptr;
  std::optional<StreamUse> stream_;
};

}  // namespace funnel::sctpd
