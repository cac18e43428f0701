// Whether data that comes out of a service of this node goes back into one: a circle of services,
// or a name server behind the tunnel that the tunnel itself needs.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "common/config/check/feeding.h"
#include "common/config/names.h"
#include "funnelctl/doctor/checks.h"
#include "funnelctl/words.h"

namespace funnel::ctl::doctor {
namespace {

constexpr std::uint16_t kDnsPort = 53;

// The first words of each line, comments left out.
std::vector<std::vector<std::string>> WordsOf(const std::string& path) {
  std::vector<std::vector<std::string>> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find_first_of("#;")));
    lines.emplace_back(std::istream_iterator<std::string>(words),
                       std::istream_iterator<std::string>());
  }
  return lines;
}

std::vector<SocketAddress> NameServers(const std::string& resolv_conf) {
  std::vector<SocketAddress> servers;
  for (const auto& words : WordsOf(resolv_conf))
    if (words.size() >= 2 && words[0] == "nameserver")
      if (const auto address = SocketAddress::FromLiteral(words[1], kDnsPort))
        servers.push_back(*address);
  return servers;
}

bool IsInHosts(const std::string& hosts, const std::string& name) {
  return std::ranges::any_of(WordsOf(hosts), [&](const auto& words) {
    return std::ranges::any_of(words,
                               [&](const std::string& one) { return config::SameNode(one, name); });
  });
}

// The service to PEER that carries what is sent to SERVER.
const config::ServiceConfig* ServiceAt(const config::Configuration& configuration,
                                       const SocketAddress& server, const std::string& peer) {
  for (const config::ServiceConfig& service : configuration.services) {
    if (service.role != config::Role::kListen || service.peer != peer) continue;
    for (const config::Endpoint& endpoint : service.listen_address) {
      const auto address = endpoint.literal();
      if (address && address->port() == server.port() && address->family() == server.family() &&
          (*address == server || (address->IsWildcard() && server.IsLoopback())))
        return &service;
    }
  }
  return nullptr;
}

}  // namespace

Findings CheckCircles(const Context& context) {
  const config::Configuration& configuration = *context.configuration();
  Findings found;
  for (const config::ServiceConfig& service : configuration.services) {
    if (service.role != config::Role::kConnect) continue;
    for (const config::ServiceConfig* next : config::GoesOnInto(configuration, service)) {
      const std::string text = "what comes out of service " + service.name.text() +
                               " goes on into service " + next->name.text() + ", to " +
                               next->target;
      const std::string todo = "[connect] address of service " + service.name.text() +
                               ": the server itself, not a port of funnel's";
      if (config::SameNode(next->target, configuration.node.name) &&
          next->wire_name == service.wire_name)
        found.push_back(Wrong(text + ", and so round for ever", todo));
      else if (service.peer.empty() || service.peer == next->peer)
        found.push_back(Warning(text + ": if it is sent back from there it runs for ever", todo));
    }
  }

  if (found.empty()) found.push_back(Ok("no service leads back to itself"));
  return found;
}

Findings CheckOwnResolver(const Context& context, const std::string& resolv_conf,
                          const std::string& hosts) {
  const config::Configuration& configuration = *context.configuration();
  const std::vector<SocketAddress> servers = NameServers(resolv_conf);
  Findings found;
  for (const config::PeerConfig& peer : configuration.peers) {
    for (const config::Endpoint& endpoint : peer.connect) {
      if (endpoint.literal() || IsInHosts(hosts, endpoint.host)) continue;
      std::size_t through_it = 0;
      const config::ServiceConfig* service = nullptr;
      for (const SocketAddress& server : servers) {
        const auto* here = ServiceAt(configuration, server, peer.name);
        through_it += here != nullptr;
        if (service == nullptr) service = here;
      }
      if (service == nullptr) continue;
      const std::string text = Shown(endpoint.host) + " is looked up through service " +
                               service->name.text() + ", which itself goes to that peer";
      const std::string todo =
          "write its address into `connect` or /etc/hosts, or another "
          "nameserver into /etc/resolv.conf";
      found.push_back(through_it == servers.size() ? Wrong(text, todo) : Warning(text, todo));
      found.back().subject = peer.name;
    }
  }

  if (found.empty()) found.push_back(Ok("no peer's name is looked up through that peer"));
  return found;
}

}  // namespace funnel::ctl::doctor
