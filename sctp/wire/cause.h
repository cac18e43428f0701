// Error causes, inside ABORT and ERROR (RFC 9260 section 3.3.10).
#pragma once

#include "sctp/wire/tlv.h"

namespace sctp {

enum class CauseCode : std::uint16_t {
  kInvalidStream = 1,
  kMissingParameter = 2,
  kStaleCookie = 3,
  kOutOfResource = 4,
  kUnresolvableAddress = 5,
  kUnrecognizedChunk = 6,
  kInvalidParameter = 7,
  kUnrecognizedParameters = 8,
  kNoUserData = 9,
  kCookieWhileShuttingDown = 10,
  kRestartWithNewAddresses = 11,
  kUserAbort = 12,
  kProtocolViolation = 13,
};

inline void WriteCause(BufferWriter& out, CauseCode code, ByteView value) {
  WriteTlv(out, static_cast<std::uint16_t>(code), value);
}

}  // namespace sctp
