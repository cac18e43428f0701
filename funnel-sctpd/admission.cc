#include "funnel-sctpd/admission.h"

#include <algorithm>
#include <cassert>

namespace funnel::sctpd {
namespace {

std::string IpBytes(const sctp::TransportAddress& address, std::size_t ipv6_bytes) {
  return {reinterpret_cast<const char*>(address.ip().data()), address.is_ipv6() ? ipv6_bytes : 4};
}

}  // namespace

Admission::Source Admission::SourceOf(const sctp::TransportAddress& address) {
  return IpBytes(address, 8);
}

void Admission::SetKnownHosts(const std::vector<sctp::TransportAddress>& hosts, std::size_t peers) {
  known_hosts_.clear();
  for (const auto& host : hosts) known_hosts_.insert(IpBytes(host, 16));
  peers_ = peers;
}

bool Admission::Admit(const sctp::TransportAddress& address) {
  // At most half of all is kept back, so that a small limit still lets a moved peer in.
  std::size_t kept_back = known_hosts_.contains(IpBytes(address, 16))
                              ? 0
                              : std::min(peers_ * kSharePerPeer, limits_.total / 2);
  if (total_ + kept_back >= limits_.total) return false;
  std::size_t& of_source = per_source_[SourceOf(address)];
  if (of_source >= limits_.per_address) return false;
  ++of_source;
  ++total_;
  return true;
}

void Admission::Leave(const sctp::TransportAddress& address) {
  auto found = per_source_.find(SourceOf(address));
  assert(found != per_source_.end() && total_ > 0);
  if (--found->second == 0) per_source_.erase(found);
  --total_;
}

}  // namespace funnel::sctpd
