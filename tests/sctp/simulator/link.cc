#include "tests/sctp/simulator/link.h"

#include <algorithm>

namespace sctp::testing {
namespace {

constexpr std::size_t kIpAndUdp = 28;

Duration Seconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

bool Link::Lost() {
  if (settings.to_bad > 0) bad_ = random_.Unit() < (bad_ ? 1 - settings.to_good : settings.to_bad);
  return cut || bad_ || (settings.loss > 0 && random_.Unit() < settings.loss);
}

bool Link::Policed(double bits, TimePoint now) {
  if (settings.policer_bits_per_second <= 0) return false;
  const double depth = static_cast<double>(8 * settings.policer_burst_bytes);
  const double seconds = std::chrono::duration<double>(now - policed_at_).count();
  policer_bits_ = policed_at_ == TimePoint{}
                      ? depth
                      : std::min(depth, policer_bits_ + seconds * settings.policer_bits_per_second);
  policed_at_ = now;
  if (policer_bits_ < bits) return true;
  policer_bits_ -= bits;
  return false;
}

Link::Arrivals Link::Send(std::size_t sctp_bytes, bool may_be_cut, TimePoint now) {
  ++packets;
  if (settings.largest_bytes > 0 && sctp_bytes + kIpAndUdp > settings.largest_bytes) {
    if (!settings.cuts || !may_be_cut) {
      ++too_large;
      return {};
    }
    ++in_pieces;
  }

  const double bits = static_cast<double>(8 * (sctp_bytes + kIpAndUdp));
  if (Policed(bits, now)) {
    ++policed;
    return {};
  }

  TimePoint through = now;
  if (settings.bits_per_second > 0) {
    const Duration waits = std::max(busy_until_, now) - now;
    longest_queue = std::max(longest_queue, waits);
    const double queued = std::chrono::duration<double>(waits).count() * settings.bits_per_second;
    if (queued > static_cast<double>(8 * settings.queue_bytes)) {
      ++overflowed;
      return {};
    }
    through = busy_until_ = now + waits + Seconds(bits / settings.bits_per_second);
  }

  if (Lost()) {
    ++lost;
    return {};
  }

  TimePoint arrival = through + settings.delay;
  if (settings.jitter > Duration{})
    arrival += Seconds(random_.Unit() * std::chrono::duration<double>(settings.jitter).count());
  arrival = last_arrival_ = std::max(arrival, last_arrival_);
  if (settings.reordered > 0 && random_.Unit() < settings.reordered)
    arrival += settings.reordered_by;

  Arrivals arrivals{arrival, std::nullopt};
  if (settings.duplicated > 0 && random_.Unit() < settings.duplicated)
    arrivals.second = arrival + std::chrono::milliseconds(1);
  return arrivals;
}

}  // namespace sctp::testing
