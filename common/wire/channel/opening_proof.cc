#include "common/wire/channel/opening_proof.h"

namespace funnel::wire {
namespace {

// Longer than nearly all round trips; until then datagrams carry what opens their session.
constexpr auto kAgain = std::chrono::seconds(1);

std::uint64_t ValueFor(SessionId session) { return kOpeningPing | session.value(); }

}  // namespace

PingRecord OpeningProof::Ask(SessionId session, TimePoint now) {
  asked_ = Asked{session, now + kAgain};
  return PingRecord{ValueFor(session)};
}

std::optional<SessionId> OpeningProof::OnPong(const PongRecord& record) {
  if (!asked_ || record.value != ValueFor(asked_->session)) return std::nullopt;
  const SessionId session = asked_->session;
  asked_.reset();
  return session;
}

}  // namespace funnel::wire
