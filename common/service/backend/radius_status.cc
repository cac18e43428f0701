#include "common/service/backend/radius_status.h"

#include <algorithm>
#include <string>

#include "common/base/secret.h"
#include "common/seal/md5.h"

namespace funnel::service {
namespace {

constexpr std::uint8_t kStatusServer = 12, kAccessAccept = 2, kAccountingResponse = 5;
constexpr std::size_t kHeader = 20, kAuthenticatorAt = 4, kMostOfAPacket = 4096;
constexpr std::size_t kAttributeHeader = 2;
constexpr std::uint8_t kMessageAuthenticator = 80;
constexpr std::size_t kMessageAuthenticatorSize = kAttributeHeader + seal::kMd5Size;

void Put(MutableByteView packet, std::size_t at, ByteView bytes) {
  std::ranges::copy(bytes, packet.begin() + static_cast<std::ptrdiff_t>(at));
}

// Where the value of PACKET's Message-Authenticator is; 0: it has none. The error says what is
// wrong with the attributes.
Result<std::size_t> FindMessageAuthenticator(ByteView packet) {
  for (std::size_t at = kHeader; at < packet.size(); at += packet[at + 1]) {
    const std::size_t left = packet.size() - at;
    if (left < kAttributeHeader || packet[at + 1] < kAttributeHeader || packet[at + 1] > left)
      return Fail("the answer's attributes are malformed");
    if (packet[at] != kMessageAuthenticator) continue;
    if (packet[at + 1] != kMessageAuthenticatorSize)
      return Fail("the answer's Message-Authenticator is malformed");
    return at + kAttributeHeader;
  }
  return 0;
}

}  // namespace

Bytes RadiusStatusRequest(ByteView secret,
                          std::span<const std::uint8_t, kRadiusRandomSize> random) {
  Bytes out(kHeader + kMessageAuthenticatorSize);
  out[0] = kStatusServer;
  out[1] = random[0];
  StoreBigEndian<2>(&out[2], out.size());
  Put(out, kAuthenticatorAt, random.subspan(1));
  out[kHeader] = kMessageAuthenticator;
  out[kHeader + 1] = kMessageAuthenticatorSize;
  Put(out, kHeader + kAttributeHeader, seal::HmacMd5(secret, out));
  return out;
}

Result<RadiusVerdict> JudgeRadiusStatus(ByteView request, ByteView answer, ByteView secret) {
  if (answer.size() < kHeader || answer[1] != request[1]) return RadiusVerdict::kOther;
  const std::size_t length = LoadBigEndian<2>(&answer[2]);
  if (length < kHeader || length > answer.size() || length > kMostOfAPacket)
    return RadiusVerdict::kOther;

  // What is behind the length is padding (RFC 2865, section 3).
  answer = answer.first(length);
  Bytes as_signed(answer.begin(), answer.end());
  Put(as_signed, kAuthenticatorAt, request.subspan(kAuthenticatorAt, seal::kMd5Size));
  if (!EqualConstantTime(seal::Md5({as_signed, secret}),
                         answer.subspan(kAuthenticatorAt, seal::kMd5Size)))
    return Fail("the answer is not signed with the secret of check-secret-file");

  const std::size_t at = TRY(FindMessageAuthenticator(answer));
  if (at != 0) {
    Put(as_signed, at, seal::Md5Digest{});
    if (!EqualConstantTime(seal::HmacMd5(secret, as_signed), answer.subspan(at, seal::kMd5Size)))
      return Fail("the answer's Message-Authenticator is wrong");
  }

  if (answer[0] != kAccessAccept && answer[0] != kAccountingResponse)
    return Fail("the answer has code " + std::to_string(answer[0]));
  return RadiusVerdict::kWorks;
}

}  // namespace funnel::service
