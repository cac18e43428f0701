#include "common/service/client/client_policy.h"

#include <ifaddrs.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "common/base/text.h"
#include "common/service/client/own_addresses.h"

namespace funnel::service {
namespace {

Result<SocketAddress> ParseClaim(const std::string& text, std::string_view what) {
  const auto address = StatedAddress(text);
  if (!address) return Fail("no usable " + std::string(what) + " address: " + EscapeForLog(text));
  return address->Unmapped();
}

bool IsMulticast(const SocketAddress& address) {
  const auto first = static_cast<std::uint8_t>(address.ip_bytes()[0]);
  return address.family() == AF_INET ? (first & 0xf0) == 0xe0 : first == 0xff;
}

}  // namespace

std::optional<SocketAddress> StatedAddress(const std::string& text) {
  const auto endpoint = config::Endpoint::ParseHost(text, config::Endpoint::Port::kRequired);
  if (!endpoint || !endpoint->is_literal()) return std::nullopt;
  return SocketAddress::FromLiteral(config::WithoutZone(endpoint->host), endpoint->port);
}

ClientPolicy::ClientPolicy(const config::ServiceConfig& service, const config::PeerConfig* peer,
                           std::vector<SocketAddress> own)
    : networks_(service.client_networks), own_(std::move(own)) {
  if (peer == nullptr) return;
  node_ = peer->node;
  networks_.insert(networks_.end(), peer->client_networks.begin(), peer->client_networks.end());
}

bool ClientPolicy::Allows(const SocketAddress& client) const {
  if (!networks_.empty()) {
    return std::any_of(networks_.begin(), networks_.end(),
                       [&](const config::Network& network) { return network.Contains(client); });
  }
  if (client.IsLoopback() || client.IsWildcard() || IsMulticast(client)) return false;
  return std::none_of(own_.begin(), own_.end(), [&](const SocketAddress& ours) {
    return ours.ip_bytes() == client.ip_bytes();
  });
}

Result<ClientAddresses> ClientPolicy::Admit(const wire::SessionInfo& info) const {
  ClientAddresses addresses;
  addresses.client = TRY(ParseClaim(info.client, "client"));
  addresses.local = TRY(ParseClaim(info.local, "local"));
  if (!Allows(addresses.client))
    return Fail("client-networks does not allow " + addresses.client.ip_text());
  return addresses;
}

std::vector<SocketAddress> OwnAddresses() {
  ifaddrs* raw = nullptr;
  if (getifaddrs(&raw) != 0) return AddressesWithoutNetlink();
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(raw, freeifaddrs);
  std::vector<SocketAddress> own;
  for (const ifaddrs* at = list.get(); at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr) continue;
    auto address = SocketAddress::FromSockaddr(at->ifa_addr, sizeof(sockaddr_in6));
    if (!address) continue;
    address->set_port(0);
    own.push_back(address->Unmapped());
  }
  return own;
}

}  // namespace funnel::service
