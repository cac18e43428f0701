#include "common/net/address_race.h"

#include <algorithm>
#include <utility>

namespace funnel::net {

AddressRace::AddressRace(std::vector<SocketAddress> addresses, const Times& times, TimePoint now)
    : addresses_(std::move(addresses)), delay_(times.attempt_delay), due_(now) {
  // The last one, too, has a whole delay to answer in.
  const auto turns = static_cast<Duration::rep>(addresses_.size() + 1);
  if (delay_) delay_ = std::min(*delay_, times.whole / turns);
}

std::optional<SocketAddress> AddressRace::Next(TimePoint now) {
  const auto at = due();
  if (!at || *at > now) return std::nullopt;
  due_.reset();
  if (delay_) due_ = now + *delay_;
  return addresses_[next_++];
}

std::optional<TimePoint> AddressRace::due() const { return exhausted() ? std::nullopt : due_; }

}  // namespace funnel::net
