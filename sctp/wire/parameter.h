// Parameters of INIT and INIT ACK (RFC 9260 section 3.3.2.1), and what is to be done about unknown
// ones.
#pragma once

#include "sctp/wire/tlv.h"

namespace sctp {

enum class ParameterType : std::uint16_t {
  kHeartbeatInfo = 1,
  kIpv4Address = 5,
  kIpv6Address = 6,
  kStateCookie = 7,
  kUnrecognized = 8,
  kCookiePreservative = 9,
  kSupportedAddressTypes = 12,
  kSupportedExtensions = 0x8008,  // RFC 5061 section 4.2.7
  kForwardTsnSupported = 0xC000,  // RFC 3758 section 3.1
  kAdaptationIndication = 0xC006  // RFC 5061 section 4.2.6
};

// The two highest bits of an unknown type (RFC 9260 section 3.2.1).
[[nodiscard]] constexpr bool StopsAtUnknownParameter(std::uint16_t code) {
  return (code & 0x8000) == 0;
}
[[nodiscard]] constexpr bool ReportsUnknownParameter(std::uint16_t code) {
  return (code & 0x4000) != 0;
}

inline void WriteParameter(BufferWriter& out, ParameterType type, ByteView value) {
  WriteTlv(out, static_cast<std::uint16_t>(type), value);
}

}  // namespace sctp
