// The clear header of a frame: one frame is one SCTP user message (man/funnel-protocol.7, FRAME).
//
//   +--------+--------+-----------------+---------------------------------+
//   | type 8 | vers 8 |    epoch 16     |           channel 32            |
//   +--------+--------+-----------------+---------------------------------+
//   |           lifetime 32             |  body ...
//   +-----------------------------------+
//
// Nothing here is authenticated: the epoch selects a key, the channel selects a stream's present
// user, and the part of the lifetime that matters is repeated inside.
#pragma once

#include <string>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/ids.h"

namespace funnel::wire {

constexpr std::size_t kFrameHeaderSize = 12;
constexpr std::uint8_t kFrameVersion = 1;
// SCTP payload protocol identifier "FNL1"; messages with any other are counted and dropped.
constexpr std::uint32_t kPayloadProtocolId = 0x464E4C31;
// The largest frame that anyone accepts: a datagram of 65,507 bytes and what sealing may add; an
// OPEN with the largest token and names.
constexpr std::size_t kMaxFrameSize = 68 * 1024;

enum class FrameType : std::uint8_t {
  kOpen = 1,
  kOpened = 2,
  kRefused = 3,
  kSealed = 4,
  kClosed = 5,
  // From here on local between an edge and its sctpd; never on the wire (common/ipc).
  kLinkUp = 0x80,
  kLinkEnd = 0x81,
  kNote = 0x82,
};

[[nodiscard]] constexpr bool IsLocal(FrameType type) {
  return static_cast<std::uint8_t>(type) >= 0x80;
}
// SEALED frames go unordered, all others ordered.
[[nodiscard]] constexpr bool IsOrdered(FrameType type) { return type != FrameType::kSealed; }

struct FrameHeader {
  FrameType type = FrameType::kSealed;
  Epoch epoch;
  ChannelId channel;
  // Milliseconds of PR-SCTP life (RFC 3758), 0: reliable. Only SEALED frames may expire.
  std::uint32_t lifetime_ms = 0;

  // Reads the head of FRAME; the body is what follows kFrameHeaderSize. Fails on an unknown type,
  // on an epoch or lifetime in anything but SEALED, and with code EPROTONOSUPPORT on another
  // version.
  [[nodiscard]] static Result<FrameHeader> Parse(ByteView frame);
  void Serialize(std::span<std::uint8_t, kFrameHeaderSize> out) const;
  bool operator==(const FrameHeader&) const = default;
};

// Header and body in one buffer; for the rare frames that are not sealed in place.
[[nodiscard]] Bytes MakeFrame(const FrameHeader& header, ByteView body);

// CLOSED: the sender is done with this channel. Unauthenticated: may be shown, never trusted.
enum class ClosedCode : std::uint16_t {
  kDone = 0,           // after FAREWELL
  kAborted = 1,        // the edge is gone without having said so
  kLimit = 2,          // a queue of this channel overflowed, or there were too many
  kNoLink = 3,         // a relay lost the way on
  kAdministrator = 4,  // a relay's administrator closed it
};
// "a relay lost the way on"; for a code that we do not know, its number.
[[nodiscard]] std::string ClosedText(ClosedCode code);

struct ClosedBody {
  // Codes that we do not know are passed on as they came.
  ClosedCode code = ClosedCode::kDone;
  [[nodiscard]] static Result<ClosedBody> Parse(ByteView body);
  [[nodiscard]] Bytes Serialize() const;
};

}  // namespace funnel::wire
