#include "funnel-sctpd/engine/strangers.h"

namespace funnel::sctp {
namespace {

// A host with IPv6 has a /64 to choose addresses from.
std::size_t HostBytes(const TransportAddress& address) { return address.is_ipv6() ? 8 : 4; }

TokenBucket::Rate RateOf(std::uint32_t per_second) { return {static_cast<double>(per_second)}; }

}  // namespace

Strangers::Strangers(const StrangerLimits& limits) : limits_(limits) {}

void Strangers::SetKnownHosts(const std::vector<TransportAddress>& hosts) {
  decltype(known_) next;
  for (const TransportAddress& host : hosts) {
    const TransportAddress key = host.WithPort(0);
    auto before = known_.find(key);
    next.emplace(key, before == known_.end() ? Buckets{} : before->second);
  }
  known_ = std::move(next);
}

bool Strangers::Admit(const TransportAddress& address, Ask ask, TimePoint now) {
  const auto kind = static_cast<std::size_t>(ask);
  // The host's share first: one host over its own limit uses nothing up of the others'.
  if (auto known = known_.find(address.WithPort(0)); known != known_.end())
    return known->second[kind].Take(RateOf(limits_.packets_per_second_per_known_host), now) &&
           all_known_[kind].Take(RateOf(limits_.packets_per_second_of_known_hosts), now);
  std::uint64_t hash = hash_.Hash64(ByteView(address.ip()).first(HostBytes(address)));
  return hosts_[hash % kBuckets][kind].Take(RateOf(limits_.packets_per_second_per_host), now) &&
         all_[kind].Take(RateOf(limits_.packets_per_second), now);
}

}  // namespace funnel::sctp
