// Status-Server (RFC 5997): asks a RADIUS server whether it works, as one that knows its secret.
//
//   offset  size
//        0     1   code 12
//        1     1   identifier, random
//        2     2   length: 38
//        4    16   request authenticator, random
//       20     2   Message-Authenticator: type 80, length 18 (RFC 3579, section 3.2)
//       22    16   HMAC-MD5 of all, with zeros here, under the secret
//
// The answer is Access-Accept, at a port for accounting Accounting-Response. Its authenticator is
// the MD5 of it with the request's in that place, and the secret behind it (RFC 2865, section 3).
//
// No I/O, and no randomness.
#pragma once

#include <span>

#include "common/base/bytes.h"
#include "common/base/error.h"

namespace funnel::service {

// An identifier and a request authenticator.
inline constexpr std::size_t kRadiusRandomSize = 17;

[[nodiscard]] Bytes RadiusStatusRequest(ByteView secret,
                                        std::span<const std::uint8_t, kRadiusRandomSize> random);

enum class RadiusVerdict { kWorks, kOther };
// kOther: ANSWER is no answer to REQUEST. The error says what is wrong with one.
[[nodiscard]] Result<RadiusVerdict> JudgeRadiusStatus(ByteView request, ByteView answer,
                                                      ByteView secret);

}  // namespace funnel::service
