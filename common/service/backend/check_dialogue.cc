#include "common/service/backend/check_dialogue.h"

#include <algorithm>
#include <array>
#include <ranges>

#include "common/base/random.h"
#include "common/service/backend/radius_status.h"

namespace funnel::service {
namespace {

using Kind = config::HealthCheck::Kind;

constexpr std::size_t kDnsHeader = 12;
constexpr std::uint16_t kRecursionDesired = 0x0100;
constexpr std::uint16_t kNs = 2, kInternet = 1;
constexpr std::uint8_t kResponse = 0x80;   // of byte 2
constexpr std::uint8_t kRcodeBits = 0x0f;  // of byte 3
constexpr std::uint8_t kServFail = 2;

Bytes DnsQuery(std::string_view name) {
  ByteWriter out;
  out.U16(static_cast<std::uint16_t>(RandomU64())).U16(kRecursionDesired);
  out.U16(/*questions=*/1).U16(0).U16(0).U16(0);
  for (const auto& label : std::views::split(name, '.'))
    out.U8(static_cast<std::uint8_t>(label.size())).Append(std::string_view(label));
  out.U8(0).U16(kNs).U16(kInternet);
  return out.Release();
}

Bytes RadiusRequest(ByteView secret) {
  std::array<std::uint8_t, kRadiusRandomSize> random;
  FillRandom(random);
  return RadiusStatusRequest(secret, random);
}

Bytes RequestFor(const config::HealthCheck& check, ByteView secret) {
  switch (check.kind) {
    case Kind::kNone:
    case Kind::kConnect:
      return {};
    case Kind::kBytes:
      return check.bytes.bytes;
    case Kind::kDns:
      return DnsQuery(check.name);
    case Kind::kRadius:
      return RadiusRequest(secret);
  }
  return {};
}

}  // namespace

CheckDialogue::CheckDialogue(const config::ServiceConfig& service, ByteView secret)
    : service_(service), secret_(secret), request_(RequestFor(service.check, secret)) {}

bool CheckDialogue::wants_answer() const {
  return service_.check.kind != Kind::kConnect || !service_.check_expect.bytes.empty();
}

Result<CheckDialogue::Verdict> CheckDialogue::Judge(ByteView answer) const {
  if (service_.check.kind == Kind::kDns) return JudgeDns(answer);
  if (service_.check.kind == Kind::kRadius) return JudgeRadius(answer);
  const Bytes& expected = service_.check_expect.bytes;
  const std::size_t size = std::min(expected.size(), answer.size());
  if (!std::equal(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(size),
                  answer.begin()))
    return Fail("the answer is not what check-expect says");
  return size < expected.size() ? Verdict::kUnfinished : Verdict::kPassed;
}

// What is not an answer to this query may be one to a former query of the same port.
Result<CheckDialogue::Verdict> CheckDialogue::JudgeDns(ByteView answer) const {
  if (answer.size() < kDnsHeader ||
      !std::equal(answer.begin(), answer.begin() + 2, request_.begin()) ||
      (answer[2] & kResponse) == 0)
    return Verdict::kIgnored;
  if ((answer[3] & kRcodeBits) == kServFail) return Fail("the answer is SERVFAIL");
  return Verdict::kPassed;
}

Result<CheckDialogue::Verdict> CheckDialogue::JudgeRadius(ByteView answer) const {
  const RadiusVerdict verdict = TRY(JudgeRadiusStatus(request_, answer, secret_));
  return verdict == RadiusVerdict::kWorks ? Verdict::kPassed : Verdict::kIgnored;
}

std::string_view CheckDialogue::Silence() const {
  return service_.check.kind == Kind::kRadius
             ? "no answer within check-timeout, as from a server with another secret or none for "
               "this address"
             : "no answer within check-timeout";
}

}  // namespace funnel::service
