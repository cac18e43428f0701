#include "funnel-udpd/resend_filter.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace funnel::udpd {
namespace {

constexpr int kRoundTrips = 4;

}  // namespace

bool ResendFilter::IsResend(ByteView datagram, TimePoint now, Duration window, std::uint64_t lost) {
  if (std::exchange(lost_, lost) != lost) Forget();
  // It is no cryptographic digest: a client that makes two of its own requests collide loses one.
  const std::uint64_t digest = std::hash<std::string_view>{}(AsText(datagram)) ^ datagram.size();
  for (std::size_t i = 0; i < count_; ++i)
    if (marks_[i].digest == digest && now - marks_[i].sent < window) return true;
  if (count_ == 0) next_ = 0;
  marks_[next_] = {digest, now};
  next_ = (next_ + 1) % kRemembered;
  count_ = std::min(count_ + 1, kRemembered);
  return false;
}

Duration ResendWindow(Duration least, Duration round_trip, Duration lifetime) {
  const Duration window = std::max(least, kRoundTrips * round_trip);
  return lifetime.count() > 0 ? std::min(window, lifetime) : window;
}

}  // namespace funnel::udpd
