#include "common/service/client/own_addresses.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "common/base/text.h"
#include "common/base/unique_fd.h"

namespace funnel::service {
namespace {

// More were added between two calls, and a few more are nothing.
constexpr std::size_t kSpareEntries = 16;

void ListIpv4(std::vector<SocketAddress>& out) {
  const UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifconf asked{};
  if (!fd || ioctl(fd.get(), SIOCGIFCONF, &asked) != 0) return;
  std::vector<ifreq> all(static_cast<std::size_t>(asked.ifc_len) / sizeof(ifreq) + kSpareEntries);
  asked.ifc_len = static_cast<int>(all.size() * sizeof(ifreq));
  asked.ifc_req = all.data();
  if (ioctl(fd.get(), SIOCGIFCONF, &asked) != 0) return;
  all.resize(static_cast<std::size_t>(asked.ifc_len) / sizeof(ifreq));
  for (const ifreq& one : all) {
    auto address = SocketAddress::FromSockaddr(&one.ifr_addr, sizeof(sockaddr_in));
    if (!address) continue;
    address->set_port(0);
    out.push_back(*address);
  }
}

// Each line begins with the address, as 32 hexadecimal digits.
void ListIpv6(std::vector<SocketAddress>& out) {
  std::ifstream file("/proc/self/net/if_inet6");
  for (std::string line; std::getline(file, line);) {
    const auto bytes = HexDecode(std::string_view(line).substr(0, 2 * sizeof(in6_addr)));
    if (!bytes || bytes->size() != sizeof(in6_addr)) continue;
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    std::ranges::copy(*bytes, address.sin6_addr.s6_addr);
    out.push_back(
        *SocketAddress::FromSockaddr(reinterpret_cast<const sockaddr*>(&address), sizeof address));
  }
}

}  // namespace

std::vector<SocketAddress> AddressesWithoutNetlink() {
  std::vector<SocketAddress> out;
  ListIpv4(out);
  ListIpv6(out);
  return out;
}

}  // namespace funnel::service
