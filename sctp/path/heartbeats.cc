#include "sctp/path/heartbeats.h"

#include <algorithm>

namespace sctp {

std::optional<Duration> Heartbeats::OnAck(ByteView info, TimePoint now) {
  if (!sent_ || !std::equal(info.begin(), info.end(), nonce_.begin(), nonce_.end()))
    return std::nullopt;
  const Duration rtt = now - *sent_;
  sent_.reset();
  return rtt;
}

void Heartbeats::Write(BufferWriter& out, TimePoint now, RandomSource& random) {
  random.Fill(nonce_);
  WriteHeartbeat(out, nonce_);
  sent_ = now;
  due_ = now + settings_.interval;
}

}  // namespace sctp
