#include "funnel-sctpd/engine_setup.h"

#include "common/base/log.h"
#include "funnel-sctpd/engine/kernel_engine.h"
#include "funnel-sctpd/engine/kernel_probe.h"
#include "funnel-sctpd/engine/userland_engine.h"
#include "funnel-sctpd/udp_sockets.h"

namespace funnel::sctpd {
namespace {

// Outside of a UDP payload: an IPv4 header and UDP's own. (IPv6 then gets packets 20 bytes smaller,
// which is right for what packet-size promises.)
constexpr std::uint32_t kHeaderBytes = 28;

}  // namespace

sctp::Settings EngineSettings(const config::SctpConfig& config) {
  sctp::Settings out;
  out.sctp_port = config.sctp_port;
  out.rto_min = config.rto_min;
  out.rto_initial = config.rto_initial;
  out.rto_max = config.rto_max;
  out.sack_delay = config.sack_delay;
  out.heartbeat_interval = config.heartbeat;
  out.dead_peer_timeout = config.dead_peer_timeout;
  out.path_probe_interval = config.path_probe;
  out.path_failover = config.path_failover;
  out.streams = static_cast<std::uint16_t>(config.streams);
  out.send_buffer_bytes = static_cast<std::uint32_t>(config.send_buffer_bytes);
  out.receive_buffer_bytes = static_cast<std::uint32_t>(config.receive_buffer_bytes);
  out.ip_packet_limit_bytes = static_cast<std::uint32_t>(config.packet_size_bytes) + kHeaderBytes;
  out.window_unit_bytes = static_cast<std::uint32_t>(config.congestion_unit_bytes);
  out.max_associations = config.max_associations;
  // The last word on strangers is ours (admission.h); the engine only bounds what they cost it.
  out.strangers.associations = config.unverified_associations;
  out.strangers.associations_per_host = config.unverified_per_address;
  return out;
}

namespace {

// Straight over IP, where we may: beside UDP, without which we do as well.
void AddDirectSockets(const config::SctpConfig& config, std::vector<UniqueFd>& sockets,
                      std::vector<std::string>& listen) {
  bool in_the_way = sctp::KernelAnswersSctp();
  auto direct = sctp::OpenDirectSockets();
  if (!direct) {
    Log(LogLevel::kInfo, "engine", "no SCTP straight over IP: " + direct.error().message);
    return;
  }
  if (in_the_way && config.engine != config::Engine::kUserland) {
    Log(LogLevel::kNotice, "engine",
        "no SCTP straight over IP: this host's kernel SCTP would end it with ABORT");
    return;
  }
  if (in_the_way)
    Log(LogLevel::kWarning, "engine-unsuited",
        "this host's kernel SCTP ends associations straight over IP with ABORT, unless: "
        "iptables -A OUTPUT -p sctp --chunk-types any ABORT -m owner ! --uid-owner 0-4294967294 "
        "-j DROP");
  for (UniqueFd& fd : *direct) {
    listen.push_back(BoundAddress(fd.get()) + " (SCTP)");
    sockets.push_back(std::move(fd));
  }
}

Result<StartedEngine> StartUserland(const config::SctpConfig& config, std::vector<UniqueFd> sockets,
                                    event::ListenFds& passed, sctp::EngineObserver& observer) {
  if (!config.udp) return Fail("[sctp] udp = no: the userland engine needs UDP encapsulation");
  if (sockets.empty())
    sockets = TRY(OwnUdpSockets(config, passed));
  else
    TRY(ForgetUdpSockets(passed));
  StartedEngine started;
  for (const UniqueFd& socket : sockets) started.listen.push_back(BoundAddress(socket.get()));
  AddDirectSockets(config, sockets, started.listen);
  started.engine =
      TRY(sctp::MakeUserlandEngine(EngineSettings(config), std::move(sockets), observer));
  return started;
}

// What keeps the kernel's SCTP from doing all that CONFIG asks for; empty: nothing.
std::string WhyNotKernel(const config::SctpConfig& config, bool udp_sockets_passed) {
#ifdef FUNNEL_ENGINE_KERNEL
  sctp::KernelSupport support = sctp::ProbeKernel();
  if (!support.sctp) return support.why_no_sctp;
  if (!support.interleaving) return support.why_no_interleaving;
  if (!config.udp) return {};
  if (udp_sockets_passed)
    return "the UDP port is held by a socket unit; the kernel needs it for itself";
  if (support.udp_port == 0) return support.why_no_udp;
  if (support.udp_port != config.udp_port)
    return "net.sctp.udp_port is " + std::to_string(support.udp_port) + ", udp-port is " +
           std::to_string(config.udp_port);
  return {};
#else
  (void)config, (void)udp_sockets_passed;
  return "this build has the userland engine only";
#endif
}

Result<StartedEngine> StartKernel(const config::SctpConfig& config,
                                  sctp::EngineObserver& observer) {
#ifdef FUNNEL_ENGINE_KERNEL
  sctp::KernelOptions options{.local = {}, .accept = config.accept};
  for (const SocketAddress& address : config.listen)
    if (auto at = sctp::TransportAddress::FromSockaddr(address.data(), address.size()))
      options.local.push_back(*at);
  StartedEngine started;
  for (const auto& local : options.local)
    started.listen.push_back(local.WithPort(config.sctp_port).text() + " (SCTP)");
  if (started.listen.empty())
    started.listen.push_back("[::]:" + std::to_string(config.sctp_port) + " (SCTP)");
  if (std::uint16_t port = sctp::ProbeKernel().udp_port; port != 0)
    started.listen.push_back("[::]:" + std::to_string(port) + " (UDP)");
  started.engine =
      TRY(sctp::MakeKernelEngine(EngineSettings(config), std::move(options), observer));
  return started;
#else
  (void)config, (void)observer;
  return Fail("[sctp] engine = kernel: this build has the userland engine only");
#endif
}

}  // namespace

Result<StartedEngine> StartEngine(const config::SctpConfig& config, event::ListenFds& passed,
                                  sctp::EngineObserver& observer) {
  TRY(EngineSettings(config).Check());
  auto sockets = TRY(passed.Take("udp", event::SocketKind::kDatagram));
  std::string why_not;
  switch (config.engine) {
    case config::Engine::kUserland:
      why_not = "engine = userland";
      break;
    case config::Engine::kAuto:
      why_not = WhyNotKernel(config, !sockets.empty());
      break;
    case config::Engine::kKernel:
      if (std::string lacks = WhyNotKernel(config, !sockets.empty()); !lacks.empty())
        Log(LogLevel::kWarning, "engine-unsuited", "engine = kernel: " + lacks);
      break;
  }
  Log(LogLevel::kNotice, "engine",
      why_not.empty() ? std::string("the kernel's SCTP") : "userland: " + why_not);
  if (!why_not.empty()) return StartUserland(config, std::move(sockets), passed, observer);
  TRY(ForgetUdpSockets(passed));
  return StartKernel(config, observer);
}

std::vector<std::string> NeedRestart(const config::SctpConfig& before,
                                     const config::SctpConfig& after) {
  std::vector<std::string> keys;
  auto compare = [&](const auto& a, const auto& b, const char* key) {
    if (!(a == b)) keys.emplace_back(key);
  };
  compare(before.engine, after.engine, "engine");
  compare(before.listen, after.listen, "listen");
  compare(before.udp, after.udp, "udp");
  compare(before.udp_port, after.udp_port, "udp-port");
  compare(before.sctp_port, after.sctp_port, "sctp-port");
  compare(before.rto_min, after.rto_min, "rto-min");
  compare(before.rto_initial, after.rto_initial, "rto-initial");
  compare(before.rto_max, after.rto_max, "rto-max");
  compare(before.sack_delay, after.sack_delay, "sack-delay");
  compare(before.heartbeat, after.heartbeat, "heartbeat");
  compare(before.dead_peer_timeout, after.dead_peer_timeout, "dead-peer-timeout");
  compare(before.path_probe, after.path_probe, "path-probe");
  compare(before.path_failover, after.path_failover, "path-failover");
  compare(before.send_buffer_bytes, after.send_buffer_bytes, "send-buffer");
  compare(before.receive_buffer_bytes, after.receive_buffer_bytes, "receive-buffer");
  compare(before.packet_size_bytes, after.packet_size_bytes, "packet-size");
  compare(before.congestion_unit_bytes, after.congestion_unit_bytes, "congestion-unit");
  compare(before.streams, after.streams, "streams");
  compare(before.max_associations, after.max_associations, "max-associations");
  compare(before.reconnect_min, after.reconnect_min, "reconnect-min");
  compare(before.reconnect_max, after.reconnect_max, "reconnect-max");
  return keys;
}

}  // namespace funnel::sctpd
