#include "sctp/send/copies.h"

#include <utility>

namespace sctp {

void Copies::OnSent(Tsn tsn) {
  if (sent_.empty()) sent_.resize(kRemembered);
  sent_[PlaceOf(tsn)] = {.used = true, .tsn = tsn};
}

bool Copies::Had(Tsn tsn) const {
  if (sent_.empty()) return false;
  const Sent& sent = sent_[PlaceOf(tsn)];
  return sent.used && sent.tsn == tsn;
}

void Copies::OnDoubtful(Tsn tsn, std::size_t size_bytes, Duration rtt, TimePoint until) {
  if (!Had(tsn)) return;
  sent_[PlaceOf(tsn)].rtt = rtt;
  doubtful_.push_back({tsn, size_bytes, until});
}

std::optional<Duration> Copies::OnDuplicate(Tsn tsn) {
  if (!Had(tsn)) return std::nullopt;
  Sent& sent = sent_[PlaceOf(tsn)];
  sent.duplicate = true;
  const Duration rtt = std::exchange(sent.rtt, Duration::zero());
  return rtt > Duration::zero() ? std::optional(rtt) : std::nullopt;
}

std::optional<std::size_t> Copies::TakeLost(TimePoint now) {
  while (!doubtful_.empty() && doubtful_.front().until <= now) {
    const Doubtful oldest = doubtful_.front();
    doubtful_.pop_front();
    if (Had(oldest.tsn) && !sent_[PlaceOf(oldest.tsn)].duplicate) return oldest.size_bytes;
  }
  return std::nullopt;
}

}  // namespace sctp
