#include "funnel-sctpd/engine_setup.h"

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

Result<StartedEngine> StartEngine(const config::SctpConfig& config, event::ListenFds& passed,
                                  sctp::EngineObserver& observer) {
  if (config.engine == config::Engine::kKernel)
    return Fail("[sctp] engine = kernel: this build has the userland engine only");
  if (!config.udp) return Fail("[sctp] udp = no: the userland engine needs UDP encapsulation");
  sctp::Settings settings = EngineSettings(config);
  TRY(settings.Check());
  auto sockets = TRY(passed.Take("udp", event::SocketKind::kDatagram));
  if (sockets.empty())
    sockets = TRY(OwnUdpSockets(config, passed));
  else
    TRY(ForgetUdpSockets(passed));
  StartedEngine started;
  for (const UniqueFd& socket : sockets) started.listen.push_back(BoundAddress(socket.get()));
  started.engine = TRY(sctp::MakeUserlandEngine(settings, std::move(sockets), observer));
  return started;
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
