#include "units/generator/drop_ins.h"

#include <netinet/in.h>

#include "common/config/secret_file.h"
#include "units/generator/exec_units.h"
#include "units/generator/name_servers.h"

namespace funnel::generator {
namespace {

using config::Protocol;
using config::ProxyProtocol;
using config::Role;
using config::ServiceConfig;

// `%` begins a specifier in a unit file.
std::string Escape(std::string_view text) {
  std::string out;
  for (char c : text) out.append(c == '%' ? 2 : 1, c);
  return out;
}

std::string JoinAddresses(const std::vector<config::Endpoint>& addresses) {
  std::string out;
  for (const auto& address : addresses) out += (out.empty() ? "" : ", ") + address.text();
  return out;
}

std::string Head(const config::ServiceFile& file) {
  const ServiceConfig& service = file.service;
  const bool socks = service.protocol == Protocol::kSocks;
  const bool command = service.protocol == Protocol::kCommand;
  std::string where = service.role == Role::kListen
                          ? "clients at " + JoinAddresses(service.listen_address)
                          : (socks ? "connects to " : "backend at ") + service.ConnectsTo();
  if (command) where = service.role == Role::kListen ? "for funnel-run" : "runs a command";
  const char* protocol = service.protocol == Protocol::kUdp ? "UDP"
                         : socks                            ? "SOCKS"
                         : command                          ? "command"
                                                            : "TCP";
  std::string path = Escape(file.path);
  return "# Written by funnel-generator from " + path +
         ".\n# Change that file, then: systemctl daemon-reload.\n[Unit]\nDescription=Funnel "
         "service " +
         service.name.text() + ": " + protocol + ", " + Escape(where) + "\nSourcePath=" + path +
         '\n';
}

// More of [Unit] of the socket.
std::string StartOfEdge(const ServiceConfig& service) {
  if (service.accept_when != config::AcceptWhen::kUp) return {};
  return "# Without it the port is open, whether or not there is a channel (accept-when).\nWants=" +
         UnitName(service, "service") + '\n';
}

// For funnel-run.
std::string RunSocket(const ServiceConfig& service) {
  return "\n[Socket]\n"
         "# Instead of the template's, which is for the server side.\n"
         "ListenSequentialPacket=\nListenSequentialPacket=/run/funnel/command/" +
         service.name.text() +
         ".sock\nFileDescriptorName=listen\n"
         "# The edge looks who it is (allow-users, allow-groups).\n"
         "SocketUser=root\nSocketGroup=root\nSocketMode=0666\n";
}

std::string ListenSocket(const ServiceConfig& service) {
  if (service.protocol == Protocol::kCommand) return RunSocket(service);
  bool udp = service.protocol == Protocol::kUdp;
  std::string out =
      "\n[Socket]\n"
      "# Instead of the template's, which is for the server side.\n"
      "ListenSequentialPacket=\n";

  for (const auto& address : service.listen_address)
    out += (udp ? "ListenDatagram=" : "ListenStream=") + Escape(address.text()) + '\n';
  out +=
      "FileDescriptorName=listen\n"
      "# 0.0.0.0 and [::] are two addresses.\n"
      "BindIPv6Only=ipv6-only\n"
      "# At boot the address may come later.\n"
      "FreeBind=yes\n";

  if (udp)
    out +=
        "# Answers leave from the address that was asked.\n"
        "PassPacketInfo=yes\n"
        "# A burst of clients, while the edge starts.\n"
        "ReceiveBuffer=8M\n"
        "SendBuffer=8M\n";
  else
    out += "# A burst of clients, while the edge starts (listen-backlog).\nBacklog=" +
           std::to_string(service.listen_backlog) + '\n';

  return out;
}

// The template has a user for each service; the file may name another.
std::string EdgeUser(const config::ServiceFile& file) {
  if (!file.Has("service", "edge-user")) return {};
  const std::string edge = file.service.protocol == Protocol::kUdp ? "udpd" : "tcpd";
  const std::string& user = file.service.edge_user;
  return "# The user that funnel-authd and funnel-sctpd recognise as this edge; its counters are "
         "that "
         "user's.\nUser=" +
         user +
         "\nExecStartPre=\nExecStartPre=-+/usr/bin/find /run/funnel/counters -maxdepth 1 -name "
         "funnel-" +
         edge + "@%i ! -user " + user + " -delete\n";
}

// Lets the unit send to all backends that have IP addresses.
std::string AllowedBackends(const ServiceConfig& service) {
  std::string allowed;
  for (const config::Backend& backend : service.connect_address) {
    const config::Endpoint& endpoint = backend.endpoint;
    if (endpoint.is_unix()) continue;
    const bool is_localhost = endpoint.host == "localhost";
    if (!is_localhost && !endpoint.is_literal())
      return "# A name: the resolver may be anywhere, and so may what it "
             "answers.\nIPAddressDeny=\n";
    // systemd's filter does not know zones, and would ignore the line.
    const std::string line =
        "IPAddressAllow=" + std::string(config::WithoutZone(endpoint.host)) + '\n';
    if (!allowed.contains(line)) allowed += line;
  }
  return allowed;
}

// The template allows no network at all.
std::string BackendNetwork(const ServiceConfig& service) {
  const bool proxies = service.proxy_protocol != ProxyProtocol::kNone;
  const std::string allowed = AllowedBackends(service);
  std::string out;
  if (!allowed.empty() || proxies) out += "PrivateNetwork=no\n";

  // An edge with CAP_NET_RAW finds them without netlink (own_addresses.h): there more could be done
  // with it.
  if (proxies && !service.source.transparent)
    out +=
        "# To know this host's own addresses, which no peer may claim for its clients "
        "(client-networks).\n"
        "RestrictAddressFamilies=AF_NETLINK\n";

  if (allowed.empty()) return out;
  return out + "# The path to the backend.\nRestrictAddressFamilies=AF_INET AF_INET6\n" + allowed;
}

// NETWORK as it is written behind the prefix of NAT64 (RFC 6052, section 2.1).
std::string BehindNat64(const config::Network& network) {
  return "64:ff9b::" + network.address.ip_text() + '/' + std::to_string(network.prefix_bits + 96);
}

// Of a service whose clients name what they want. The edge itself judges every address; the kernel
// looks once more.
std::string TargetNetworks(const ServiceConfig& service, const std::string& resolv_conf) {
  if (service.connect_networks.empty()) return {};
  std::string out =
      "PrivateNetwork=no\n"
      "# The paths to what clients name; and to know this host's own addresses, which need lines "
      "of "
      "their own (networks).\n"
      "RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK\n";
  for (const config::Network& network : service.connect_networks) {
    out += "IPAddressAllow=" + network.text() + '\n';
    if (network.address.family() == AF_INET) out += "IPAddressAllow=" + BehindNat64(network) + '\n';
  }

  out += "# The name servers of " + resolv_conf + ".\n";
  const std::vector<std::string> servers = ReadNameServers(resolv_conf);
  if (servers.empty()) out += "IPAddressAllow=localhost\n";
  for (const std::string& server : servers) out += "IPAddressAllow=" + server + '\n';
  return out;
}

std::string Capability(const std::string& what_for, const std::string& name) {
  return "# To send from " + what_for + ".\nCapabilityBoundingSet=" + name +
         "\nAmbientCapabilities=" + name + '\n';
}

// What the edge sends from may be what only root may have.
std::string SourceRights(const ServiceConfig& service) {
  std::string out;
  if (service.source_port == config::PortRule::kSame)
    out += Capability("a client's port below 1024 (source-port)", "CAP_NET_BIND_SERVICE");
  if (service.source.has_low_ports())
    out += Capability("ports below 1024 (source)", "CAP_NET_BIND_SERVICE");
  if (service.source.transparent)
    out += Capability("the clients' own addresses (source = transparent)", "CAP_NET_RAW");
  return out;
}

// The edge's user has no right to the file itself.
std::string CheckSecret(const ServiceConfig& service) {
  if (service.check_secret_file.empty()) return {};
  const std::string name(config::kCheckSecretCredential);
  return "# What the backend's checks are signed with (check-secret-file).\nLoadCredential=" +
         name + ':' + Escape(service.check_secret_file) +
         "\n# While the file is missing, for the edge to start all the same.\nSetCredential=" +
         name + ":\\n\n";
}

std::string ServiceSection(const std::string& lines) {
  return lines.empty() ? "" : "\n[Service]\n" + lines;
}

// The edge of commands has no backend and no network. What starts commands has units of its own.
std::vector<DropIn> CommandUnits(const config::ServiceFile& file, const std::string& head) {
  if (!file.Has("connect", "exec") || !file.Has("connect", "user")) return {};
  const std::string exec = ExecUnitName(file.service, ".socket");
  std::vector<DropIn> units = MakeExecUnits(file);
  units.push_back({UnitName(file.service, "socket"),
                   head + "# Starts the command.\nWants=" + exec + "\nAfter=" + exec + '\n'});
  units.push_back({UnitName(file.service, "service"), head + ServiceSection(EdgeUser(file))});
  return units;
}

}  // namespace

std::string UnitName(const ServiceConfig& service, std::string_view kind) {
  return (service.protocol == Protocol::kUdp ? "funnel-udpd@" : "funnel-tcpd@") +
         service.name.text() + '.' + std::string(kind);
}

std::vector<DropIn> MakeDropIns(const config::ServiceFile& file, const std::string& resolv_conf) {
  const ServiceConfig& service = file.service;
  if (service.name.text().empty() || !file.HasRole() || !file.Has("service", "protocol")) return {};
  std::string head = Head(file);
  switch (service.role) {
    case Role::kListen:
      if (service.protocol != Protocol::kCommand && !file.Has("listen", "address")) return {};
      return {{UnitName(service, "socket"), head + StartOfEdge(service) + ListenSocket(service)},
              {UnitName(service, "service"), head + ServiceSection(EdgeUser(file))}};
    case Role::kConnect: {
      if (service.protocol == Protocol::kCommand) return CommandUnits(file, head);
      if (service.protocol != Protocol::kSocks && !file.Has("connect", "address")) return {};
      return {{UnitName(service, "socket"), head},
              {UnitName(service, "service"),
               head + ServiceSection(EdgeUser(file) + BackendNetwork(service) +
                                     TargetNetworks(service, resolv_conf) + SourceRights(service) +
                                     CheckSecret(service))}};
    }
    case Role::kRelay:
      return {};
  }

  return {};
}

}  // namespace funnel::generator
