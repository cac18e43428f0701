#include "funnel-sctpd/engine/own/own_settings.h"

#include <algorithm>
#include <cstring>

#include "funnel-sctpd/engine/linux_fragments.h"
#include "funnel-sctpd/engine/output_queue.h"

namespace funnel::sctp {
namespace {

constexpr std::size_t kUdpHeaderBytes = 8, kIpv4HeaderBytes = 20, kIpv6HeaderBytes = 40;
// A frame may have 69,632 bytes, and more than one are on their way.
constexpr std::size_t kFirstWindowBytes = 96 * 1024;
// What associations that are not verified may hold on average of messages that are not whole yet.
// They share it all, and a handshake's messages, most of which are one packet each, need nothing of
// it. One frame must always fit, and more than one at a time.
constexpr std::size_t kUnverifiedBytesEach = 32 * 1024, kLeastUnverifiedBytes = 1 << 20;
// By how much our SACKs may be late when the machine is busy.
constexpr std::chrono::milliseconds kSlack{5};
// So many frames may pass another on one association. Over two relays it takes three associations,
// and must still lie in the replay window of 65,536 frames.
constexpr std::size_t kMostChunks = 20'480;
constexpr std::uint8_t kIpv6Carrier = 1;

}  // namespace

::sctp::EndpointSettings CoreSettings(const Settings& settings) {
  ::sctp::EndpointSettings core;
  core.port = settings.sctp_port;
  core.max_associations = settings.max_associations;
  core.unverified_bytes =
      std::max(kLeastUnverifiedBytes, settings.strangers.associations * kUnverifiedBytesEach);

  ::sctp::AssociationSettings& association = core.association;
  association.capabilities = {settings.interleaving, /*partial_reliability=*/true,
                              ::sctp::kTakesManyChunks};
  association.linux_fragments = kLinuxFragmentsIndication;
  association.out_streams = association.in_streams = settings.streams;
  association.max_message_bytes = settings.max_message_bytes;
  association.window_bytes = settings.receive_buffer_bytes;
  association.first_window_bytes = std::min(kFirstWindowBytes, association.window_bytes);
  association.send_buffer_bytes = settings.send_buffer_bytes;
  association.max_outstanding_chunks = kMostChunks;

  association.ack = {settings.sack_delay, static_cast<int>(settings.sack_every_packets)};
  association.peer_ack_delay = settings.sack_delay + kSlack;
  association.round_trip = {settings.rto_initial, settings.rto_min, settings.rto_max};
  // The first INIT, and so many again.
  association.initiator = {settings.rto_initial, settings.rto_max, settings.init_attempts + 1};
  association.heartbeats = {settings.heartbeat, settings.dead_peer_timeout};
  association.paths = {settings.path_probe, settings.path_failover};
  association.search_mtu = true;
  // A peer's paths are configured. A list from the peer could make us send probes to anybody.
  association.takes_hosts = false;
  return core;
}

std::size_t PacketBytes(const Settings& settings, const TransportAddress& peer) {
  const std::size_t headers = (CarrierOf(peer) == Carrier::kUdp ? kUdpHeaderBytes : 0) +
                              (peer.is_ipv6() ? kIpv6HeaderBytes : kIpv4HeaderBytes);
  return (settings.ip_packet_limit_bytes - headers) / 4 * 4;  // chunks are multiples of 4
}

// The core's address has no field for the scope of a link-local address: the scope stands where
// such an address has zeros (RFC 4291 section 2.5.6).
::sctp::Address CoreAddress(const TransportAddress& peer,
                            const std::array<std::uint8_t, 16>& local) {
  ::sctp::Address out;
  out.port = peer.port();
  out.local = local;
  if (peer.is_ipv6()) {
    out.carrier = kIpv6Carrier;
    out.host = peer.ip();
    if (peer.scope() != 0) StoreBigEndian<4>(out.host.data() + 4, peer.scope());
  } else {
    out.host[10] = out.host[11] = 0xff;
    std::memcpy(out.host.data() + 12, peer.ip().data(), 4);
  }
  return out;
}

TransportAddress EngineAddress(const ::sctp::Address& address) {
  sockaddr_storage raw{};
  auto& v6 = reinterpret_cast<sockaddr_in6&>(raw);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(address.port);
  std::memcpy(&v6.sin6_addr, address.host.data(), address.host.size());
  if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) {
    v6.sin6_scope_id = static_cast<std::uint32_t>(LoadBigEndian<4>(address.host.data() + 4));
    std::memset(v6.sin6_addr.s6_addr + 4, 0, 4);
  }
  // Mapped IPv4 becomes IPv4.
  return *TransportAddress::FromSockaddr(reinterpret_cast<const sockaddr*>(&raw), sizeof v6);
}

}  // namespace funnel::sctp
