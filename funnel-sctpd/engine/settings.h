// The settings of an engine; nothing else in the engine is a policy.
#pragma once

#include <chrono>
#include <cstdint>

#include "common/base/error.h"
#include "common/config/sctp_config.h"

namespace funnel::sctp {

// What addresses without an association may cost us.
struct StrangerLimits {
  // Packets a second from all of them: so many INITs, COOKIE ECHOs and others each. One INIT costs
  // some 20 us: 5 % of a core.
  std::uint32_t packets_per_second = 2000;
  // ... and of one host: a handshake takes two; hosts behind one NAT share it.
  std::uint32_t packets_per_second_per_host = 50;
  // The same for hosts of configured peers (Engine::SetKnownHosts). Anybody can write their
  // addresses on an INIT, and the answer goes to them: 200 are 40 kB/s. Each host for itself;
  // behind one there may be several nodes that restart at one moment.
  std::uint32_t packets_per_second_per_known_host = 200;
  std::uint32_t packets_per_second_of_known_hosts = 5000;
  // Associations that a stranger's host may hold; each costs some 110 KiB with 1,024 streams. The
  // last word on them is funnel-sctpd's (admission.h); the engine only bounds what they cost it.
  std::uint32_t associations_per_host = 0;
  // ... and all of them together; beyond it only known hosts (Engine::SetKnownHosts) come in.
  std::uint32_t associations = 0;
  bool operator==(const StrangerLimits&) const = default;
};

// What [sctp] says, as an engine takes it. Ranges and defaults are those of the table of keys
// (common/config/keys/keys_sctp.cc, sctp_config.h) and stand nowhere else; what no key says has its
// value here.
struct Settings {
  // What a node runs whose [sctp] is empty.
  Settings() : Settings(config::SctpConfig{}) {}
  explicit Settings(const config::SctpConfig& config);

  std::uint16_t sctp_port;
  // The SCTP port that Connect comes from, of SCTP in this process. 0: a random one each time, so
  // that an acceptor can tell nodes behind one address apart, a node from its earlier self, and two
  // associations by which one node tries to reach another at two addresses.
  std::uint16_t connect_port = 0;

  // Retransmission. A lone lost request is sent again after about rto_min, not after SCTP's usual
  // second.
  std::chrono::milliseconds rto_min;
  // Before the first round trip is known; RFC 9260 says 1 s, WAN round trips are below 300 ms.
  std::chrono::milliseconds rto_initial;
  // A dead link is tried that often, so that one that comes back is noticed soon.
  std::chrono::milliseconds rto_max;
  // Must stay well below the peer's rto_min less the round trip's variation.
  std::chrono::milliseconds sack_delay;
  // 2 as RFC 9260 says; 8 and more collapse the window.
  std::uint32_t sack_every_packets = 2;

  // INITs, each after a doubled RTO (up to rto_max), before Connect gives up: 0.5 + 1 + 2 + 2 + 2
  // s.
  std::uint16_t init_attempts = 4;

  // Idle paths are probed this often; also keeps NAT mappings alive (UDP: at most 15 s).
  std::chrono::milliseconds heartbeat;
  // The association ends when nothing valid has come for this long. The engine measures it itself,
  // because SCTP's counters of retransmissions span 1.5 s or a minute depending on the path's RTO.
  std::chrono::milliseconds dead_peer_timeout;

  // Engine::OfferPaths. How often paths that are not in use are tried: a line that comes back is
  // used again after two answers.
  std::chrono::milliseconds path_probe;
  // How long the peer may give no sign after something was sent before all paths are tried. With
  // the round trip of a probe, and the rest of a retransmission timeout that is kept short
  // meanwhile, delivery stalls by some 600 ms. With less than three times rto_min, a lost packet
  // whose copy is lost too would count as a dead path.
  std::chrono::milliseconds path_failover;

  std::uint16_t streams;
  // Per association. 4 MiB fill 100 Mbit/s at 320 ms; more only delays what comes behind.
  std::uint32_t send_buffer_bytes;
  // Shared by all associations of the engine; sctpd drains it at once.
  std::uint32_t receive_buffer_bytes;
  // Frames hold at most 64 KiB of datagram and its seal.
  std::uint32_t max_message_bytes = 128u << 10;

  // Largest IPv4 packet to send, headers included: [sctp] packet-size is what UDP carries. IPv6
  // then gets packets 20 bytes smaller, which is right for what packet-size promises. Larger
  // packets than a link takes are fragmented by IP, not lost.
  std::uint32_t ip_packet_limit_bytes;
  // I-DATA (RFC 8260): a large message does not hold up other streams' messages. Costs 4 bytes a
  // chunk.
  bool interleaving = true;

  std::uint32_t max_associations;
  StrangerLimits strangers;
  // Packets that wait for a full socket, in bytes; beyond it new ones are dropped, as a router
  // would.
  std::uint32_t output_queue_bytes = 4u << 20;

  // Whether the values fit together, which is all that an engine has to know of them. An error says
  // which do not.
  [[nodiscard]] Result<> Check() const;
  bool operator==(const Settings&) const = default;
};

}  // namespace funnel::sctp
