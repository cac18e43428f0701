// How fast the path delivers, measured from acknowledgements: over each packet's flight, what was
// delivered meanwhile by the longer of the time it took to send that and the time it took to be
// acknowledged (draft-cheng-iccrg-delivery-rate-estimation).
#pragma once

#include <algorithm>

#include "sctp/loss/packet_records.h"

namespace sctp {

struct RateSample {
  bool valid = false;
  double bytes_per_second = 0;
  std::uint64_t delivered_before = 0;  // when the packet was sent
  bool app_limited = false;
};

class DeliveryRate {
 public:
  // For a packet that leaves now.
  [[nodiscard]] RateStamp OnSend(TimePoint now, bool nothing_in_flight) {
    if (nothing_in_flight) first_sent_ = delivered_time_ = now;
    return {delivered_, delivered_time_, first_sent_, app_limited_until_ > 0};
  }
  void OnDelivered(std::size_t bytes, TimePoint now) {
    delivered_ += bytes;
    delivered_time_ = now;
    if (delivered_ > app_limited_until_) app_limited_until_ = 0;
  }
  // From the newest packet that an acknowledgement covers, sent at SENT with STAMP.
  [[nodiscard]] RateSample Take(const RateStamp& stamp, TimePoint sent, Duration least_rtt) {
    first_sent_ = std::max(first_sent_, sent);
    const Duration interval =
        std::max(sent - stamp.first_sent, delivered_time_ - stamp.delivered_time);
    RateSample sample{.delivered_before = stamp.delivered_bytes, .app_limited = stamp.app_limited};
    // Shorter than any round trip: acknowledgements that were held up and came at once.
    if (interval <= Duration::zero() || interval < least_rtt) return sample;
    sample.valid = true;
    sample.bytes_per_second = static_cast<double>(delivered_ - stamp.delivered_bytes) /
                              std::chrono::duration<double>(interval).count();
    return sample;
  }
  // There is nothing to send although the path would take more. What is measured until FLIGHT has
  // arrived says nothing about the path.
  void OnAppLimited(std::size_t flight_bytes) {
    app_limited_until_ = std::max<std::uint64_t>(delivered_ + flight_bytes, 1);
  }

  [[nodiscard]] std::uint64_t delivered_bytes() const { return delivered_; }

 private:
  std::uint64_t delivered_ = 0, app_limited_until_ = 0;
  TimePoint delivered_time_{}, first_sent_{};
};

}  // namespace sctp
