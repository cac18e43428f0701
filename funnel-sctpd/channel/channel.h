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
// The stream is held from OPEN until CLOSED went both ways or REFUSED came. Either side may be
// missing: a channel without link (the edge died) waits for the peer's CLOSED, one without stream
// waits for its edge. With neither it is over. Owned by the ChannelTable.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/deadlines.h"
#include "common/base/ids.h"
#include "common/wire/frame/open.h"
#include "funnel-sctpd/association/association.h"
#include "funnel-sctpd/channel/frame_link.h"

namespace funnel::sctpd {

enum class ChannelRole : std::uint8_t { kListen, kConnect };
enum class ChannelState : std::uint8_t { kWaiting, kOpening, kOpen, kRefused, kClosing };
[[nodiscard]] std::string_view Name(ChannelState state);

struct ChannelStats {
  std::uint64_t frames_sent = 0, frames_received = 0;
  std::uint64_t bytes_sent = 0, bytes_received = 0;
  std::uint64_t frames_dropped = 0;
};

using Nonce = std::array<std::uint8_t, wire::kNonceSize>;

class Channel {
 public:
  Channel(std::uint64_t number, ChannelRole role, std::string service, std::string peer);

  [[nodiscard]] ChannelState state() const { return state_; }
  void SetState(ChannelState state, std::string_view reason);

  // Of the stream; also while waiting for OPEN on one that is up. nullptr: none.
  [[nodiscard]] Association* association() const { return association_; }
  void Join(Association& association);
  // Has no stream (any more).
  void Leave();

  // Takes hold of a free stream for channel ID.
  void TakeStream(Association& association, StreamId stream, ChannelId id);
  // Lets go of the stream, and without a link of the association; nothing if it holds none.
  void FreeStream();
  [[nodiscard]] bool has_stream() const { return stream_.has_value(); }
  [[nodiscard]] std::optional<StreamId> stream() const { return stream_; }
  // Whether OPENED went by, and CLOSED not yet both ways.
  [[nodiscard]] bool carries_sealed() const { return opened && stream_.has_value(); }
  [[nodiscard]] bool over() const { return link == nullptr && !stream_.has_value(); }

  const std::uint64_t number;  // of this process, never used again
  const ChannelRole role;
  std::string service;  // configured name; empty until authd has named it
  const std::string peer;
  ChannelId id;  // of the present or last OPEN
  std::unique_ptr<FrameLink> link;
  // The peer at the other side of a relayed channel; empty: an edge is there.
  std::string relay_peer;
  Nonce nonce{};  // relayed: of its OPEN
  [[nodiscard]] bool relayed() const { return !relay_peer.empty(); }

  bool opened = false;
  bool closed_sent = false;
  bool closed_received = false;
  // kConnect: what authd is to answer; while it is there, no edge is.
  std::optional<std::uint32_t> accept_request;
  bool half_open = false;  // counted as such: the peer's OPEN is not answered yet
  // By then the edge or the peer must have gone on.
  Deadlines<Channel>::Deadline deadline{*this};

  ChannelStats stats;
  std::optional<ipc::Note> note;  // what the edge says, for status
  std::string reason;
  bool reason_authenticated = false;
  std::int64_t since_unix = 0;

  bool queued = false;        // in association()->senders
  std::size_t turn_left = 0;  // bytes of a turn that the full engine interrupted; 0: none
  // As the service's configuration says, while it is known.
  std::size_t priority = 4;
  std::size_t weight = 10;
  bool dirty = false;              // frames wait for the end of the turn
  std::size_t queued_to_edge = 0;  // of the table's sum
  bool ending = false;             // goes at the end of the turn

 private:
  ChannelState state_;
  Association* association_ = nullptr;
  std::optional<StreamId> stream_;
};

}  // namespace funnel::sctpd
