// Frames and header blocks of HTTP/2 for tests.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/bytes.h"

namespace funnel::module::http2 {

enum Type : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kReset = 3,
  kSettings = 4,
  kPromise = 5,
  kPing = 6,
  kGoaway = 7,
  kWindow = 8,
  kContinuation = 9,
  kPriorityUpdate = 16,
};
inline constexpr unsigned kNone = 0, kAck = 1, kEndStream = 1, kEndHeaders = 4, kPadded = 8,
                          kWithPriority = 32;

inline Bytes Frame(Type type, unsigned flags, std::uint32_t stream, std::string_view payload = {}) {
  ByteWriter out;
  out.U8(static_cast<std::uint8_t>(payload.size() >> 16))
      .U16(static_cast<std::uint16_t>(payload.size()));
  out.U8(type).U8(static_cast<std::uint8_t>(flags)).U32(stream);
  return out.Append(payload).Release();
}
inline Bytes Frame(Type type, unsigned flags, std::uint32_t stream, std::size_t size) {
  return Frame(type, flags, stream, std::string(size, 'x'));
}

inline Bytes Settings(std::initializer_list<std::pair<std::uint16_t, std::uint32_t>> values = {}) {
  ByteWriter out;
  for (const auto& [name, value] : values) out.U16(name).U32(value);
  const Bytes payload = out.Release();
  return Frame(kSettings, kNone, 0, std::string(payload.begin(), payload.end()));
}
inline constexpr std::uint16_t kTableSize = 1, kMaxStreams = 3, kMaxFrame = 5;

inline Bytes Preface() { return ByteWriter().Append("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").Release(); }

// Header blocks (RFC 7541, section 6).
inline constexpr std::string_view kStatic = "\x88";  // :status: 200
inline constexpr std::string_view kLiteral =
    "\x0f\x0d\x02"
    "42";  // content-length: 42, not put into the table
inline constexpr std::string_view kNewName =
    "\x10\x01"
    "n\x01v";  // n: v, never put into the table
inline constexpr std::string_view kInserts =
    "\x40\x01"
    "a\x01"
    "b";                                                          // a: b, put into the table
inline constexpr std::string_view kRefers = "\xbe";               // the latest entry of the table
inline constexpr std::string_view kNameRefers = "\x0f\x2f\x01x";  // its name, with x
inline constexpr std::string_view kToZero = "\x20";               // the table's size
inline constexpr std::string_view kToUsual = "\x3f\xe1\x1f";

}  // namespace funnel::module::http2
