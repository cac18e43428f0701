// RADIUS's codes, for tests (RFC 2865 section 3, RFC 2866 section 3, RFC 5176 section 2.3).
#pragma once

#include <cstdint>

namespace funnel::module {

enum Code : std::uint8_t {
  kAccess = 1,
  kAccept = 2,
  kReject = 3,
  kAccounting = 4,
  kAccounted = 5,
  kChallenge = 11,
  kStatus = 12,
  kDisconnect = 40,
  kDisconnected = 41,
  kChange = 43,
};

}  // namespace funnel::module
