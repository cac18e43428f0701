#include "funnel-sctpd/engine/path/resend_guard.h"

namespace funnel::sctp {

ResendGuard::Verdict ResendGuard::OnChunk(std::uint32_t tsn, TimePoint now,
                                          std::chrono::milliseconds round_trip) {
  if (sent_.empty()) sent_.resize(kSlots);
  auto moment = static_cast<Moment>(now.time_since_epoch() / kUnit);
  Moment& sent = sent_[tsn % kSlots];
  // RFC 1982 arithmetic.
  if (!any_ || static_cast<std::int32_t>(tsn - highest_) > 0) {
    any_ = true;
    highest_ = tsn;
    sent = moment;
    return Verdict::kFirst;
  }
  if (moment - sent < static_cast<Moment>(round_trip / kUnit)) return Verdict::kTooEarly;
  sent = moment;
  return Verdict::kResend;
}

}  // namespace funnel::sctp
