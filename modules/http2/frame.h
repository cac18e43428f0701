// The header of each frame of HTTP/2 (RFC 9113, section 4.1):
//
//   length 24 | type 8 | flags 8 | reserved 1, stream 31 | payload
#pragma once

#include <cstddef>
#include <cstdint>

#include "modules/module.h"

namespace http2 {

enum Type : std::uint8_t {
  kData = 0x0,
  kHeaders = 0x1,
  kPriority = 0x2,
  kRstStream = 0x3,
  kSettings = 0x4,
  kPushPromise = 0x5,
  kPing = 0x6,
  kGoaway = 0x7,
  kWindowUpdate = 0x8,
  kContinuation = 0x9,
};

enum Flag : std::uint8_t {
  kEndStream = 0x1,  // DATA, HEADERS
  kAck = 0x1,        // SETTINGS, PING
  kEndHeaders = 0x4,
  kPadded = 0x8,
  kWithPriority = 0x20,  // HEADERS
};

// The first bytes of a connection (section 3.4).
inline constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
inline constexpr std::size_t kPrefaceSize = sizeof kPreface - 1;

inline constexpr std::size_t kFrameHeaderSize = 9;
// What a sender may use until the other end has allowed more (section 6.5.2), and the most that an
// end can allow.
inline constexpr std::uint32_t kLeastMaxFrame = 1 << 14, kMostMaxFrame = (1 << 24) - 1;

struct Frame {
  std::uint32_t length = 0;  // of the payload
  std::uint8_t type = 0, flags = 0;
  std::uint32_t stream = 0;

  // AT has kFrameHeaderSize bytes.
  [[nodiscard]] static Frame Parse(const std::uint8_t* at);
  [[nodiscard]] bool Has(Flag flag) const { return (flags & flag) != 0; }
};

// Whether SENDER may send a frame of this type, on such a stream, with such a length. Types that
// RFC 9113 does not define may have anything (section 5.5).
[[nodiscard]] bool IsRecognised(const Frame& frame, funnel_end sender);

// "headers".
[[nodiscard]] const char* LabelOf(const Frame& frame);

// Bytes that somebody else owns.
struct Part {
  const std::uint8_t* begin = nullptr;
  std::size_t size = 0;
};
// Finds the header block in the payload of HEADERS or PUSH_PROMISE, without padding, priority and
// promised stream. False: the payload is too short for what its flags say.
[[nodiscard]] bool FindBlock(const Frame& frame, const std::uint8_t* payload, Part& block);
// The stream that a PUSH_PROMISE promises; FindBlock has checked that the payload is long enough.
[[nodiscard]] std::uint32_t PromisedStream(const Frame& frame, const std::uint8_t* payload);

}  // namespace http2
