// Bounds what addresses without an association may cost: packets a second, from each host and from
// all. Nothing is remembered of a host but a counter in a table of fixed size.
#pragma once

#include <array>
#include <vector>

#include "common/base/clock.h"
#include "funnel-sctpd/engine/address.h"
#include "funnel-sctpd/engine/settings.h"

namespace funnel::sctp {

// SipHash-2-4 of DATA under KEY: fast, and a stranger cannot choose addresses that collide.
[[nodiscard]] std::uint64_t KeyedHash(const std::array<std::uint64_t, 2>& key, ByteView data);

class Strangers {
 public:
  explicit Strangers(const StrangerLimits& limits);

  void SetKnownHosts(std::vector<TransportAddress> hosts) { known_ = std::move(hosts); }
  [[nodiscard]] bool IsKnown(const TransportAddress& address) const;
  // Whether a packet of ADDRESS may be looked at now. Known hosts always.
  [[nodiscard]] bool Admit(const TransportAddress& address, TimePoint now);

 private:
  // Fills at RATE a second up to one second's worth.
  struct Bucket {
    double tokens = 0;
    TimePoint filled{};
    [[nodiscard]] bool Take(double rate, TimePoint now);
  };
  // Hosts share a bucket when their hashes meet: a flood of hosts makes the limit stricter, never
  // looser.
  static constexpr std::size_t kBuckets = 1024;

  StrangerLimits limits_;
  std::array<std::uint64_t, 2> key_;
  std::vector<TransportAddress> known_;
  Bucket all_;
  std::vector<Bucket> hosts_{kBuckets};
};

}  // namespace funnel::sctp
