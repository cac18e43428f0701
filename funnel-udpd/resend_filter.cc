#include "funnel-udpd/resend_filter.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace funnel::udpd {
namespace {

constexpr int kRoundTrips = 4;

}  // namespace

ResendFilter::Found ResendFilter::Check(const Datagram& datagram, TimePoint now, Duration window,
                                        std::uint64_t lost) {
  if (std::exchange(lost_, lost) != lost) Forget();
  // It is no cryptographic digest: a client that makes two of its own requests collide loses one.
  const std::uint64_t digest =
      std::hash<std::string_view>{}(AsText(datagram.bytes)) ^ datagram.bytes.size();
  for (std::size_t i = 0; i < count_; ++i) {
    const Mark& mark = marks_[i];
    if (now - mark.sent >= window || mark.meaning != datagram.meaning) continue;
    if (mark.digest == digest) return Found::kBytes;
    if (datagram.meaning) return Found::kMeaning;
  }
  if (count_ == 0) next_ = 0;
  marks_[next_] = {digest, datagram.meaning, now};
  next_ = (next_ + 1) % kRemembered;
  count_ = std::min(count_ + 1, kRemembered);
  return Found::kNothing;
}

Duration ResendWindow(Duration least, Duration round_trip, Duration lifetime) {
  const Duration window = std::max(least, kRoundTrips * round_trip);
  return lifetime.count() > 0 ? std::min(window, lifetime) : window;
}

}  // namespace funnel::udpd
