#include "funnel-sctpd/engine/strangers.h"

#include <bit>

#include "common/base/random.h"

namespace funnel::sctp {
namespace {

struct SipState {
  std::uint64_t v0, v1, v2, v3;
  void Round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void Absorb(std::uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }
};

// A host with IPv6 has a /64 to choose addresses from.
std::size_t HostBytes(const TransportAddress& address) { return address.is_ipv6() ? 8 : 4; }

}  // namespace

std::uint64_t KeyedHash(const std::array<std::uint64_t, 2>& key, ByteView data) {
  SipState s{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
             key[1] ^ 0x7465646279746573};
  std::uint64_t last = static_cast<std::uint64_t>(data.size()) << 56;
  for (; data.size() >= 8; data = data.subspan(8))
    s.Absorb(__builtin_bswap64(LoadBigEndian<8>(data.data())));
  for (std::size_t i = 0; i < data.size(); ++i)
    last |= static_cast<std::uint64_t>(data[i]) << (8 * i);
  s.Absorb(last);
  s.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) s.Round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

Strangers::Strangers(const StrangerLimits& limits)
    : limits_(limits), key_{RandomU64(), RandomU64()} {}

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
    return known->second[kind].Take(limits_.packets_per_second_per_known_host, now) &&
           all_known_[kind].Take(limits_.packets_per_second_of_known_hosts, now);
  std::uint64_t hash = KeyedHash(key_, ByteView(address.ip()).first(HostBytes(address)));
  return hosts_[hash % kBuckets][kind].Take(limits_.packets_per_second_per_host, now) &&
         all_[kind].Take(limits_.packets_per_second, now);
}

}  // namespace funnel::sctp
