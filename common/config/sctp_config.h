// What [sctp] of funnel.conf says; model.h has the rules of these structs.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/socket_address.h"
#include "common/config/value_units.h"

namespace funnel::config {

inline constexpr std::uint16_t kDefaultUdpPort = 9899;
inline constexpr std::uint16_t kDefaultSctpPort = 29899;

// kOwn: Funnel's own SCTP (sctp/), in funnel-sctpd itself.
enum class Engine { kAuto, kKernel, kOwn };

// [sctp] of funnel.conf, which funnel-sctpd reads.
struct SctpConfig {
  Engine engine = Engine::kAuto;
  std::vector<SocketAddress>
      listen;       // port = udp_port after Load; empty: any address, both families
  bool udp = true;  // RFC 6951 encapsulation
  std::uint16_t udp_port = kDefaultUdpPort;
  std::uint16_t sctp_port = kDefaultSctpPort;
  bool accept = true;  // whether peers may connect to us
  milliseconds rto_min = 100ms;
  milliseconds rto_initial = 500ms;
  milliseconds rto_max = 2s;
  milliseconds sack_delay = 20ms;
  milliseconds heartbeat = 2s;
  milliseconds dead_peer_timeout = 10s;
  milliseconds path_probe = 5s;        // how often paths that are not in use are tried
  milliseconds path_failover = 300ms;  // silence under load after which others are tried
  std::uint64_t send_buffer_bytes = 4 * kMiB;
  std::uint64_t receive_buffer_bytes = 4 * kMiB;
  std::uint64_t packet_size_bytes = 1452;  // UDP payload: an IPv6 packet of 1500 without its
                                           // headers
  std::uint32_t streams = 1024;
  milliseconds connect_timeout = 5s;    // one attempt to set up an association
  milliseconds attempt_delay = 300ms;   // then the next candidate is tried, too
  milliseconds direct_retry = 10min;    // carrier = auto, where UDP worked: direct SCTP is tried
                                        // again
  milliseconds return_interval = 1min;  // how often better paths than the one in use are tried
  milliseconds switch_idle = 5s;        // after such a silence an association may be replaced
  milliseconds reconnect_min = 50ms;
  milliseconds reconnect_max = 2s;
  milliseconds idle_disconnect = 5min;  // on-demand: ends after so long without channels
  std::uint32_t max_associations = 1024;
  std::uint32_t unverified_associations = 256;
  std::uint32_t unverified_per_address = 16;
  milliseconds verify_timeout = 15s;
  std::uint32_t half_open_per_association = 64;  // OPENs that authd has not answered
  std::uint32_t half_open_total = 512;
  std::uint64_t channel_queue_bytes = 20 * kMiB;
  std::uint64_t relay_queue_bytes = 256 * kMiB;  // of all relayed channels
  std::uint32_t control_clients = 1024;          // connections to sctpd.sock
  std::uint32_t refusals_kept = 64;              // for funnelctl status
};

}  // namespace funnel::config
