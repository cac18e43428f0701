// One service by itself: its role, the keys that its role and protocol need or forbid, and computed
// defaults.
#include <algorithm>
#include <array>

#include "common/config/check/check.h"

namespace funnel::config {
namespace {

struct RoleName {
  Role role;
  std::string_view section;
};
constexpr std::array<RoleName, 3> kRoles{
    {{Role::kListen, "listen"}, {Role::kConnect, "connect"}, {Role::kRelay, "relay"}}};

std::string_view SectionOf(Role role) { return kRoles[static_cast<std::size_t>(role)].section; }

// Sets the role from the one section that states it; false if none or several do.
bool SetRole(ServiceConfig& service, std::vector<Mistake>& mistakes) {
  int count = 0;
  for (const RoleName& candidate : kRoles) {
    if (!service.origins.contains(candidate.section)) continue;
    if (++count == 1) {
      service.role = candidate.role;
    } else {
      Report(service.origins, candidate.section, "",
             "[" + std::string(candidate.section) + "] and [" +
                 std::string(SectionOf(service.role)) +
                 "]: a service has exactly one of [listen], [connect], [relay]",
             mistakes);
    }
  }

  if (count == 0) {
    Report(service.origins, "", "", "one of [listen], [connect], [relay] is missing", mistakes);
  }
  return count == 1;
}

// Whether a socket that is bound to ENDPOINT receives what is sent to GROUP.
bool Receives(const Endpoint& endpoint, const MulticastGroup& group) {
  const auto bound = endpoint.literal();
  if (!bound || bound->family() != group.address.family()) return false;
  return bound->IsWildcard() || bound->ip_text() == group.address.ip_text();
}

void CheckMulticast(const ServiceConfig& service, std::vector<Mistake>& mistakes) {
  for (std::size_t i = 0; i < service.listen_multicast.size(); ++i) {
    const MulticastGroup& group = service.listen_multicast[i];
    const auto receives = [&](const Endpoint& one) { return Receives(one, group); };
    if (std::ranges::any_of(service.listen_address, receives)) continue;
    const Origin at = FindOrigin(service.origins, "listen", "multicast", i);
    const bool v6 = group.address.family() == AF_INET6;
    mistakes.push_back({at.file, at.line,
                        "multicast: no address of the service gets what is sent to " +
                            group.text() + "; " + (v6 ? "[::]:PORT" : "0.0.0.0:PORT") + " does"});
  }
}

void CheckListen(const ServiceConfig& service, std::vector<Mistake>& mistakes) {
  const Origins& at = service.origins;
  if (service.protocol != Protocol::kCommand && !at.contains("listen.address"))
    Report(at, "listen", "", "address is missing in [listen]", mistakes);
  if (!at.contains("service.peer"))
    Report(at, "service", "", "peer is missing in [service]", mistakes);
  if (at.contains("security") && !at.contains("security.expect"))
    Report(at, "security", "", "expect is missing in [security]", mistakes);
  CheckMulticast(service, mistakes);
  if (service.stream && service.stream->value() + service.channels - 1 > 63) {
    Report(at, "service", "stream", "stream: the channels would reach beyond stream 63", mistakes);
  }
}

// Fails where ADDRESS is none that one can connect to.
Result<> RequireBackend(const SocketAddress& address) {
  if (address.IsWildcard()) {
    return Fail(
        "stands for all of a host's addresses: write 127.0.0.1 or [::1] for a backend on this "
        "node");
  }

  const SocketAddress plain = address.Unmapped();
  const std::string_view ip = plain.ip_bytes();
  const auto first = static_cast<unsigned char>(ip.front());
  const bool multicast = ip.size() == 4 ? first >= 224 : first == 0xff;
  if (multicast)
    return Fail("is a multicast or broadcast address: a backend has an address of its own");
  return {};
}

// There is no default for who a command runs as.
void CheckCommand(const ServiceConfig& service, std::vector<Mistake>& mistakes) {
  for (const std::string_view key : {"exec", "user"}) {
    if (service.origins.contains("connect." + std::string(key))) continue;
    Report(service.origins, "connect", "", std::string(key) + " is missing in [connect]", mistakes);
  }
}

void CheckConnect(const ServiceConfig& service, std::vector<Mistake>& mistakes) {
  if (service.protocol == Protocol::kSocks) return;
  if (service.protocol == Protocol::kCommand) return CheckCommand(service, mistakes);
  if (!service.origins.contains("connect.address"))
    return Report(service.origins, "connect", "", "address is missing in [connect]", mistakes);

  const std::vector<Backend>& all = service.connect_address;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Endpoint& endpoint = all[i].endpoint;
    const Origin at = FindOrigin(service.origins, "connect", "address", i);
    auto report = [&](const std::string& text) {
      mistakes.push_back({at.file, at.line, "address: " + text});
    };

    if (auto literal = endpoint.literal()) {
      if (auto reachable = RequireBackend(*literal); !reachable)
        report(literal->ip_text() + ' ' + reachable.error().message);
    }
    if (service.protocol == Protocol::kUdp && endpoint.is_unix())
      report("a Unix socket is only for protocol = tcp");
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::ranges::find(all.begin(), end, endpoint, &Backend::endpoint) != end)
      report(endpoint.text() + " again: its weight is its share");
  }
}

// Version 1 of the PROXY protocol is a line ahead of a connection.
void CheckProxy(const ServiceConfig& service, std::vector<Mistake>& mistakes) {
  if (service.protocol == Protocol::kUdp && service.proxy_protocol == ProxyProtocol::kV1)
    Report(service.origins, "connect", "proxy-protocol",
           "proxy-protocol: v1 is for connections only; datagrams take v2 or v2-tlv", mistakes);
}

// What the keys about checks of backends say must go together.
void CheckChecks(const ServiceConfig& service, std::vector<Mistake>& mistakes) {
  using Kind = HealthCheck::Kind;
  auto report = [&](std::string_view key, const std::string& text) {
    Report(service.origins, "connect", key, std::string(key) + ": " + text, mistakes);
  };

  const Kind kind = service.check.kind;
  if (kind == Kind::kNone && !service.check_expect.bytes.empty())
    report("check-expect", "there is no check");
  if (kind == Kind::kNone && service.origins.contains("connect.on-backend-down"))
    report("on-backend-down", "there is no check");

  if (kind == Kind::kConnect && service.protocol != Protocol::kTcp)
    report("check", "connect is only for protocol = tcp; text: and hex: say what to ask");
  if (kind == Kind::kDns && service.protocol != Protocol::kUdp)
    report("check", "dns is only for protocol = udp");
  if (kind == Kind::kRadius && service.protocol != Protocol::kUdp)
    report("check", "radius is only for protocol = udp");
  if ((kind == Kind::kDns || kind == Kind::kRadius) && !service.check_expect.bytes.empty())
    report("check-expect", service.check.text() + " has its own rule for answers");

  const std::string& secret = service.check_secret_file;
  if (kind == Kind::kRadius && secret.empty())
    report("check", "radius takes a secret: check-secret-file");
  if (kind != Kind::kRadius && !secret.empty())
    report("check-secret-file", "only check = radius has a secret");
  if (!secret.empty() && !secret.starts_with('/'))
    report("check-secret-file", "a path that begins with / is expected");
}

void CheckRelay(const ServiceConfig& service, std::vector<Mistake>& mistakes) {
  const Origins& at = service.origins;
  if (!at.contains("relay.from"))
    Report(at, "relay", "", "from is missing in [relay]: nothing would be passed on", mistakes);
  if (at.contains("service.peer"))
    Report(at, "service", "peer", "peer: a relay names its peers in [relay] from and to", mistakes);
  // This is refused, not ignored: an administrator must not believe that a relay checks anybody.
  if (at.contains("security"))
    Report(at, "security", "",
           "[security]: a relay has no part in it; the nodes at both ends check each other",
           mistakes);
  if (service.RelaysFor(service.relay_to))
    Report(at, "relay", "from", "from: " + service.relay_to + " is the next hop itself", mistakes);
}

void CheckRole(const ServiceConfig& service, std::vector<Mistake>& mistakes) {
  RequireKeys(ServiceKeys(), SectionOf(service.role), service.origins, mistakes);
  switch (service.role) {
    case Role::kListen:
      CheckListen(service, mistakes);
      break;
    case Role::kConnect:
      CheckConnect(service, mistakes);
      CheckProxy(service, mistakes);
      CheckChecks(service, mistakes);
      CheckSource(service, mistakes);
      break;
    case Role::kRelay:
      CheckRelay(service, mistakes);
      break;
  }

  if (service.role == Role::kRelay) return;
  if (service.origins.contains("security")) {
    RequireKeys(ServiceKeys(), "security", service.origins, mistakes);
  } else {
    Report(service.origins, "", "", "[security] is missing", mistakes);
  }
}

void SetDefaults(ServiceConfig& service) {
  const std::string& name = service.name.text();
  bool udp = service.protocol == Protocol::kUdp;
  if (service.wire_name.empty()) service.wire_name = name;
  if (!udp && !service.origins.contains("service.idle-timeout")) service.idle_timeout = 0s;
  if (service.edge_user.empty()) service.edge_user = (udp ? "funnel-u-" : "funnel-t-") + name;
}

void CheckLimits(ServiceConfig& service, std::vector<Mistake>& mistakes) {
  CheckOrder(ServiceKeys(), &service, service.origins, mistakes);

  // The edge's own start takes part of that time: it would end before it sees its first client.
  if (service.idle_exit > 0s && service.idle_exit < 1s) {
    Report(service.origins, "service", "idle-exit", "idle-exit: 0s (never), or at least 1s",
           mistakes);
  }

  // While the edge does not run, the port is open and there is no channel.
  if (service.idle_exit > 0s && service.accept_when == AcceptWhen::kUp)
    Report(service.origins, "service", "idle-exit",
           "idle-exit: accept-when = up takes an edge that stays (0s)", mistakes);

  // Without idle-timeout a flow would never end.
  if (service.protocol == Protocol::kUdp && service.idle_timeout < 1s)
    Report(service.origins, "service", "idle-timeout", "idle-timeout: at least 1s with udp",
           mistakes);

  // No working connection can be told from a dead one in so short a time: such a value is a slip.
  const std::pair<std::string_view, milliseconds> patiences[] = {
      {"idle-timeout", service.protocol == Protocol::kUdp ? 0s : service.idle_timeout},
      {"stuck-timeout", service.stuck_timeout},
      {"fin-timeout", service.fin_timeout},
      {"user-timeout", service.user_timeout}};

  for (const auto& [key, time] : patiences) {
    if (time == 0s || time >= 1s) continue;
    Report(service.origins, "service", key, std::string(key) + ": 0s (never), or at least 1s",
           mistakes);
  }
}

}  // namespace

void CompleteService(const Unit& unit, ServiceConfig& service, std::vector<Mistake>& mistakes) {
  if (auto name = ServiceName::Parse(unit.name))
    service.name = *name;  // if it is no name, Combine has reported it
  if (!service.origins.contains("service")) {
    Report(service.origins, "", "", "[service] is missing", mistakes);
  } else {
    RequireKeys(ServiceKeys(), "service", service.origins, mistakes);
  }

  bool role_known = SetRole(service, mistakes);
  // Without role and protocol every further message would be a guess.
  if (role_known && service.origins.contains("service.protocol")) CheckMisfits(service, mistakes);
  if (role_known) CheckRole(service, mistakes);
  SetDefaults(service);
  CheckLimits(service, mistakes);
  CheckModule(service, mistakes);
}

}  // namespace funnel::config
