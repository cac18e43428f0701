// Whether the ports in the configuration are ours, and who else holds them.
#include <sys/stat.h>

#include <algorithm>

#include "funnelctl/doctor/checks.h"
#include "funnelctl/doctor/holders.h"

namespace funnel::ctl::doctor {
namespace {

// systemd holds the sockets of daemons that do not run yet.
bool IsOurs(const BoundSocket& socket, std::string_view daemon) {
  return std::ranges::any_of(socket.holders, [&](const Holder& holder) {
    return holder.command == daemon || holder.pid == 1 || holder.command == "systemd";
  });
}

std::string PrintHolders(const BoundSocket& socket) {
  std::string out;
  for (const Holder& holder : socket.holders) {
    out += (out.empty() ? "" : ", ") + holder.command + " (pid " + std::to_string(holder.pid) + ")";
  }
  return out.empty() ? "somebody we cannot see" : out;
}

bool Covers(const SocketAddress& bound, const SocketAddress& wanted) {
  return bound == wanted || (bound.IsWildcard() && bound.port() == wanted.port() &&
                             (bound.family() == wanted.family() || bound.family() == AF_INET6));
}

Finding CheckListening(bool udp, const SocketAddress& address, const std::string& edge) {
  for (const BoundSocket& socket : FindBound(udp, address.port())) {
    if (!Covers(socket.address, address)) continue;
    if (IsOurs(socket, edge.substr(0, edge.find('@'))))
      return Ok(address.text() + " is ours: " + PrintHolders(socket));
    return Wrong(address.text() + " is taken by " + PrintHolders(socket),
                 "end that program, or choose another `address`");
  }
  return Wrong("nobody listens on " + address.text(), "systemctl enable --now " + edge + ".socket");
}

Finding CheckServiceSocket(const std::string& path, const std::string& edge) {
  struct stat about{};
  if (stat(path.c_str(), &about) == 0 && S_ISSOCK(about.st_mode)) return Ok(path + " is there");
  return Wrong("there is no socket " + path + ": no channel can reach the service",
               "systemctl enable --now " + edge + ".socket");
}

}  // namespace

Findings CheckUdpPort(const Context& context) {
  const config::SctpConfig& sctp = context.configuration()->node.sctp;
  std::string port = "UDP port " + std::to_string(sctp.udp_port);
  if (!sctp.udp) return {Ok("not used ([sctp] udp = no)")};
  auto bound = FindBound(/*udp=*/true, sctp.udp_port);
  for (const BoundSocket& socket : bound) {
    if (IsOurs(socket, "funnel-sctpd")) continue;
    return {Wrong(port + " is taken by " + PrintHolders(socket),
                  "end that program, or [sctp] udp-port = another one, at both ends")};
  }

  if (!bound.empty()) return {Ok(port + " is held by " + PrintHolders(bound.front()))};
  if (context.view.sctpd.status && context.view.sctpd.status->engine != "kernel")
    return {Wrong("funnel-sctpd runs but does not hold " + port,
                  "systemctl restart funnel-sctpd: the port was changed, or could not be bound")};
  return {Ok(port + " is free")};
}

Findings CheckServicePorts(const config::ServiceConfig& service, const std::string& run_dir) {
  bool udp = service.protocol == config::Protocol::kUdp;
  std::string edge = EdgeName(service);
  Findings out;
  for (const config::Endpoint& endpoint : service.listen_address) {
    const auto address = endpoint.literal();
    out.push_back(address ? CheckListening(udp, *address, edge)
                          : Wrong(endpoint.text() + ": its zone names no interface here",
                                  "correct [listen] address, or bring the interface up"));
  }
  if (service.role == config::Role::kConnect)
    out.push_back(CheckServiceSocket(run_dir + "/service/" + service.name.text() + ".sock", edge));
  return out;
}

}  // namespace funnel::ctl::doctor
