// The checks that a node gets.
#include <map>
#include <set>

#include "funnelctl/doctor/checks.h"
#include "funnelctl/doctor/identity.h"
#include "funnelctl/doctor/names.h"

namespace funnel::ctl::doctor {
namespace {

using namespace std::chrono_literals;

// libkrb5 tries each KDC for several seconds, by UDP and by TCP.
constexpr std::chrono::milliseconds kKdcDeadline = 12s;
constexpr std::chrono::milliseconds kDeadline = 5s;
// Packets without an answer are sent again until it is certain that they vanish (path_mtu.cc).
constexpr std::chrono::seconds kPathDeadline{15};
constexpr std::uint16_t kKdcPort =
    88;  // RFC 4120, section 7.2; a name with a port has no SRV records

// A check of the node as a whole.
struct Row {
  const char* name;
  bool needs_configuration;
  Findings (*run)(const Context& context);
};

constexpr Row kRows[] = {
    {"configuration", false, CheckConfiguration},
    {"directories", false, CheckDirectories},
    {"daemons", false, CheckDaemons},
    {"units", true, CheckUnits},
    {"edge-users", true, CheckEdgeUsers},
    {"peer", true, CheckPeers},
    {"suites", true, CheckSuites},
    {"key-log", false, CheckKeyLogs},
    {"modules", false, CheckModules},
    {"circles", true, CheckCircles},
    {"own-resolver", true,
     [](const Context& context) {
       return CheckOwnResolver(context, "/etc/resolv.conf", "/etc/hosts");
     }},
    {"kernel-sctp", true, CheckKernelSctp},
    {"crc32c", false, [](const Context&) { return CheckCrc32c(); }},
    {"udp-offload", false, [](const Context&) { return CheckUdpOffload(); }},
    {"udp-port", true, CheckUdpPort},
    {"krb5-conf", false, [](const Context&) { return CheckCanonicalisation(); }},
};

void AddServices(const Shared& context, std::vector<Check>& out) {
  for (const config::ServiceConfig& service : context->configuration()->services) {
    out.push_back({"service-port", service.name.text(), kDeadline,
                   [context, &service] { return CheckServicePorts(service, context->run_dir); }});
  }
}

// The address that the association uses now, or the first host to which `connect` leads.
std::string HostOfPeer(const Context& context, const config::PeerConfig& peer) {
  if (context.view.sctpd.status) {
    for (const AssociationStatus& one : context.view.sctpd.status->associations) {
      auto at = config::Endpoint::ParseHost(one.address, config::Endpoint::Port::kRequired);
      if (one.peer == peer.name && at && at->is_literal()) return at->host;
    }
  }
  auto hosts = HostsOf(peer.connect.front());
  return hosts ? hosts->front() : peer.connect.front().host;
}

void AddPeers(const Shared& context, std::vector<Check>& out) {
  for (const config::PeerConfig& peer : context->configuration()->peers) {
    if (peer.connect.empty()) continue;
    out.push_back({"path-mtu", peer.name, kPathDeadline, [context, &peer] {
                     return CheckPathMtu(*context, HostOfPeer(*context, peer));
                   }});
  }
}

// Literals need no resolving and are left out.
void AddNames(const config::Configuration& configuration, std::vector<Check>& out) {
  std::map<std::string, config::Endpoint> names;
  std::set<std::string> realms;
  for (const config::PeerConfig& peer : configuration.peers) {
    realms.insert(peer.principal.realm);
    for (const config::Endpoint& endpoint : peer.connect)
      if (!endpoint.is_literal()) names[endpoint.text()] = endpoint;
  }

  for (const std::string& realm : realms) {
    for (const std::string& host : KdcHosts(realm))
      if (!SocketAddress::FromLiteral(host, 0)) names[host] = {.host = host, .port = kKdcPort};
  }

  for (const auto& [name, endpoint] : names)
    out.push_back({"name", name, kDeadline, [endpoint] { return CheckName(endpoint); }});
}

void AddKerberos(const config::Configuration& configuration, std::vector<Check>& out) {
  const config::NodeConfig& node = configuration.node;
  for (const std::string& path :
       std::set<std::string>{node.kerberos.keytab, node.kerberos.client_keytab}) {
    out.push_back({"keytab", {}, kDeadline, [path, user = node.authd_user] {
                     return CheckKeytabFile(path, user);
                   }});
    out.push_back({"keys", path, kDeadline, [path] { return CheckKeytabKeys(path); }});
  }
  for (const Identity& identity : IdentitiesOf(configuration)) {
    out.push_back({"identity", identity.principal, kKdcDeadline,
                   [identity] { return CheckIdentity(identity); }});
  }
}

}  // namespace

std::vector<Check> AllChecks(const Shared& context) {
  std::vector<Check> out;
  for (const Row& row : kRows) {
    if (row.needs_configuration && context->configuration() == nullptr) continue;
    out.push_back({row.name, {}, kDeadline, [context, run = row.run] { return run(*context); }});
  }
  if (context->configuration() == nullptr) return out;
  AddServices(context, out);
  AddPeers(context, out);
  AddNames(*context->configuration(), out);
  AddKerberos(*context->configuration(), out);
  return out;
}

}  // namespace funnel::ctl::doctor
