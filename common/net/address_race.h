// When each address of one backend is tried (RFC 8305 section 5): the next one as soon as one has
// failed, or in parallel once those under way have been silent for the attempt delay. So a
// silent address costs a moment, and not the whole time.
//
// No I/O and no clock: the owner tries what Next() gives, reports what failed, and comes again at
// due(). Owned by one attempt to reach the backend.
#pragma once

#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "common/base/socket_address.h"

namespace funnel::net {

class AddressRace {
 public:
  // Silent attempts that are kept besides the newest one. Older ones give up their descriptor: they
  // have had this many delays to answer.
  static constexpr std::size_t kMaxAtOnce = 4;

  struct Times {
    // nullopt: only when the one before has failed. What cannot be taken back, as a datagram, is
    // not sent to two.
    std::optional<Duration> attempt_delay;
    // Every address has its turn within this time, whatever the delay is.
    Duration whole{};
  };

  // ADDRESSES in the order in which they are to be tried (address_order.h).
  AddressRace(std::vector<SocketAddress> addresses, const Times& times, TimePoint now);

  // The next one, if its turn has come.
  [[nodiscard]] std::optional<SocketAddress> Next(TimePoint now);
  // One under way has failed: the next one's turn is now.
  void OnFailed(TimePoint now) { due_ = now; }
  // When Next() gives one; nullopt: none is left, or it waits for a failure.
  [[nodiscard]] std::optional<TimePoint> due() const;
  // None is left to be tried.
  [[nodiscard]] bool exhausted() const { return next_ == addresses_.size(); }

 private:
  std::vector<SocketAddress> addresses_;
  std::optional<Duration> delay_;
  std::size_t next_ = 0;
  std::optional<TimePoint> due_;
};

}  // namespace funnel::net
