#include "sctp/path/peer_hosts.h"

#include <algorithm>
#include <span>

namespace sctp {
namespace {

constexpr std::size_t kIpv4At = kIpv4Prefix.size();

bool IsIpv4(const Host& host) {
  return std::ranges::equal(std::span(host).first<kIpv4At>(), kIpv4Prefix);
}

bool IsLoopback(const Host& host) {
  if (IsIpv4(host)) return host[kIpv4At] == 127;
  return std::all_of(host.begin(), host.end() - 1, [](std::uint8_t byte) { return byte == 0; }) &&
         host[15] == 1;
}

// One host's, not unspecified, multicast or broadcast.
bool IsOneHosts(const Host& host) {
  if (IsIpv4(host)) return host[kIpv4At] != 0 && host[kIpv4At] < 224;
  return host != Host{} && host[0] != 0xff;
}

}  // namespace

std::vector<Address> PathsOf(const Address& from, std::span<const Host> hosts) {
  std::vector<Address> paths{from};
  for (const Host& host : hosts) {
    Address address = from;
    address.host = host;
    address.local = {};
    if (IsIpv4(host) != IsIpv4(from.host) || !IsOneHosts(host) ||
        (IsLoopback(host) && !IsLoopback(from.host)) ||
        std::ranges::find(paths, address) != paths.end())
      continue;
    paths.push_back(address);
  }
  return paths;
}

}  // namespace sctp
