#include "funnel-udpd/resend_filter.h"

#include <algorithm>
#include <functional>
#include <string_view>

namespace funnel::udpd {

bool ResendFilter::IsResend(ByteView datagram, TimePoint now, Duration window) {
  // Not a cryptographic digest: a client that makes two of its own requests collide loses one.
  const std::uint64_t digest = std::hash<std::string_view>{}(AsText(datagram)) ^ datagram.size();
  for (std::size_t i = 0; i < count_; ++i)
    if (marks_[i].digest == digest && now - marks_[i].sent < window) return true;
  if (count_ == 0) next_ = 0;
  marks_[next_] = {digest, now};
  next_ = (next_ + 1) % kRemembered;
  count_ = std::min(count_ + 1, kRemembered);
  return false;
}

}  // namespace funnel::udpd
