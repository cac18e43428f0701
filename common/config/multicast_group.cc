#include "common/config/multicast_group.h"

#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cctype>

#include "common/config/address.h"

namespace funnel::config {
namespace {

bool IsInterface(std::string_view name) {
  return !name.empty() && name.size() < IF_NAMESIZE &&
         std::ranges::all_of(
             name,
             [](char c) {
               return std::isgraph(static_cast<unsigned char>(c)) != 0 && c != '/' && c != '%';
             });
}

bool IsGroup(const SocketAddress& address) {
  const auto first = static_cast<unsigned char>(address.ip_bytes().front());
  return address.family() == AF_INET ? first >> 4 == 0xe : first == 0xff;
}

// Of one interface or one link (RFC 4291, section 2.7).
bool IsOfOneLink(const SocketAddress& group) {
  if (group.family() != AF_INET6) return false;
  const auto scope = static_cast<unsigned char>(group.ip_bytes()[1] & 0x0f);
  return scope <= 2;
}

}  // namespace

Result<MulticastGroup> MulticastGroup::Parse(std::string_view text) {
  const std::string_view literal = WithoutZone(text);
  MulticastGroup out;
  const auto address = SocketAddress::FromLiteral(literal, 0);
  if (!address || !IsGroup(*address))
    return Fail("it is no multicast address: 224.0.0.0 to 239.255.255.255, or ff00::/8");
  out.address = *address;

  if (literal.size() < text.size()) {
    out.interface = text.substr(literal.size() + 1);
    if (!IsInterface(out.interface)) return Fail("the name of an interface is expected behind %");
  } else if (IsOfOneLink(out.address)) {
    return Fail("on which link? Its interface is expected behind it: " + std::string(literal) +
                "%eth0");
  }
  return out;
}

std::string MulticastGroup::text() const {
  return address.ip_text() + (interface.empty() ? "" : '%' + interface);
}

}  // namespace funnel::config
