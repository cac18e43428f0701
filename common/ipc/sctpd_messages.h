// The messages of edges and sctpd that set up a channel socket, and the local units on that socket.
#pragma once

#include "common/ipc/codec.h"

namespace funnel::ipc {

// --- on $RUN/sctpd.sock

// From an edge to sctpd, with one end of a SOCK_STREAM socketpair: carry this channel. Answer:
// Attached, Rejected.
struct Attach {
  static constexpr MessageType kType = MessageType::kAttach;
  ServiceName service;
  std::string peer;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.service, self.peer);
  }
};

struct Attached {
  static constexpr MessageType kType = MessageType::kAttached;
  template <typename Self>
  static auto Fields(Self&) {
    return std::tie();
  }
};

struct Rejected {
  static constexpr MessageType kType = MessageType::kRejected;
  std::string text;
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.text);
  }
};

// --- on $RUN/service/NAME.sock

// From sctpd to the server-side edge, with one end of a SOCK_STREAM socketpair: authd has accepted
// this channel. There is no answer; an edge that does not want it closes the descriptor.
struct Adopt {
  static constexpr MessageType kType = MessageType::kAdopt;
  ServiceName service;
  std::string peer;
  Secret claim;               // 32 bytes, for Redeem
  std::uint32_t channel = 0;  // ChannelId of the OPEN
  std::uint32_t budget = 0;   // as in LinkUp
  template <typename Self>
  static auto Fields(Self& self) {
    return std::tie(self.service, self.peer, self.claim, self.channel, self.budget);
  }
};

// --- local units of the channel socket (frame types from 0x80 up): a body after the frame header,
// never on the wire. They have no version and type of their own.

// From sctpd: the association is up, and OPEN may be sent. budget: the largest message that fits
// one packet, including frame header and sealing.
struct LinkUp {
  std::uint32_t budget = 0;
  [[nodiscard]] static Result<LinkUp> Parse(ByteView body);
  [[nodiscard]] Bytes Serialize() const;
};

enum class LinkEndCode : std::uint16_t {
  kClosed = 0,         // CLOSED was sent and received
  kPeerDown = 1,       // the association ended
  kOverflow = 2,       // this channel's queue was too long
  kViolation = 3,      // the edge sent what it must not send
  kConfiguration = 4,  // a reload removed the service or the peer
  kShutdown = 5,       // sctpd stops
  kMoved = 6,          // a better association has replaced it: attach at once
};

// From sctpd: the last unit before it closes the socket.
struct LinkEnd {
  LinkEndCode code = LinkEndCode::kClosed;
  std::string text;
  [[nodiscard]] static Result<LinkEnd> Parse(ByteView body);
  [[nodiscard]] Bytes Serialize() const;
};

// What `funnelctl status` shows as the channel's state (funnelctl/status_schema.md).
enum class NoteState : std::uint8_t {
  kWaiting = 0,
  kOpening = 1,
  kOpen = 2,
  kRefused = 3,
  kFailed = 4,
  kClosing = 5,
};

// From an edge: the state of the channel, for status.
struct Note {
  NoteState state = NoteState::kWaiting;
  std::string local_principal;
  std::string remote_principal;
  std::string text;            // the reason, if there is one
  bool authenticated = false;  // the reason comes from the peer, proven
  bool in_use = false;         // it has sessions that would end with it
  std::uint16_t suite = 0;     // of the channel's frames; 0: none yet
  std::string suite_reason;    // why it is not better; empty: it is the best of this end
  [[nodiscard]] static Result<Note> Parse(ByteView body);
  [[nodiscard]] Bytes Serialize() const;
};

}  // namespace funnel::ipc
