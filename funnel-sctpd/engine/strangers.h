// Bounds what addresses without an association may cost: packets a second, from each host and from
// all. Nothing is remembered of a host but a counter in a table of fixed size. Hosts of configured
// peers have limits of their own: what strangers send takes nothing of theirs, and of packets that
// somebody sends in a peer's name only so many are answered.
#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/base/siphash.h"
#include "common/base/token_bucket.h"
#include "funnel-sctpd/engine/address.h"
#include "funnel-sctpd/engine/settings.h"

namespace funnel::sctp {

class Strangers {
 public:
  // Each kind has limits of its own: whoever got an answer to INIT can go on with COOKIE ECHO,
  // however many INITs come.
  enum class Ask { kInit, kCookieEcho, kOther };

  explicit Strangers(const StrangerLimits& limits);

  // Ports do not count.
  void SetKnownHosts(const std::vector<TransportAddress>& hosts);
  [[nodiscard]] bool IsKnown(const TransportAddress& address) const {
    return known_.contains(address.WithPort(0));
  }
  // Whether such a packet of ADDRESS may be looked at now. Costs the same for any number of known
  // hosts.
  [[nodiscard]] bool Admit(const TransportAddress& address, Ask ask, TimePoint now);

 private:
  static constexpr std::size_t kAsks = 3;
  using Buckets = std::array<TokenBucket, kAsks>;
  // Hosts share a bucket when their hashes meet: a flood of hosts makes the limit stricter, never
  // looser.
  static constexpr std::size_t kBuckets = 1024;

  StrangerLimits limits_;
  const SipHash hash_ = SipHash::WithRandomKey();  // nobody can choose hosts that meet
  std::unordered_map<TransportAddress, Buckets> known_;
  Buckets all_, all_known_;
  std::vector<Buckets> hosts_{kBuckets};
};

}  // namespace funnel::sctp
