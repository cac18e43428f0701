#include "funnel-sctpd/association/admission.h"

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

std::optional<Admission::Slot> Admission::Admit(const sctp::TransportAddress& address) {
  // At most half of all slots is reserved, so that with a small limit a moved peer still gets in.
  std::size_t kept_back = known_hosts_.contains(IpBytes(address, 16))
                              ? 0
                              : std::min(peers_ * kSharePerPeer, limits_.total / 2);
  if (total_ + kept_back >= limits_.total) return std::nullopt;
  Source source = SourceOf(address);
  auto known = per_source_.find(source);
  if (known != per_source_.end() && known->second >= limits_.per_address) return std::nullopt;
  ++per_source_[source];
  ++total_;
  return Slot(*this, std::move(source));
}

void Admission::Slot::Leave() {
  if (admission_ != nullptr) std::exchange(admission_, nullptr)->Leave(source_);
}

void Admission::Leave(const Source& source) {
  auto found = per_source_.find(source);
  assert(found != per_source_.end() && total_ > 0);
  if (--found->second == 0) per_source_.erase(found);
  --total_;
}

}  // namespace funnel::sctpd
