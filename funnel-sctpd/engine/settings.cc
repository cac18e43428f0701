#include "funnel-sctpd/engine/settings.h"

namespace funnel::sctp {
namespace {

// Outside of a UDP payload: an IPv4 header and UDP's own.
constexpr std::uint32_t kHeaderBytes = 28;

std::uint32_t Bytes32(std::uint64_t bytes) { return static_cast<std::uint32_t>(bytes); }

}  // namespace

Settings::Settings(const config::SctpConfig& config)
    : sctp_port(config.sctp_port),
      rto_min(config.rto_min),
      rto_initial(config.rto_initial),
      rto_max(config.rto_max),
      sack_delay(config.sack_delay),
      heartbeat(config.heartbeat),
      dead_peer_timeout(config.dead_peer_timeout),
      path_probe(config.path_probe),
      path_failover(config.path_failover),
      streams(static_cast<std::uint16_t>(config.streams)),
      send_buffer_bytes(Bytes32(config.send_buffer_bytes)),
      receive_buffer_bytes(Bytes32(config.receive_buffer_bytes)),
      ip_packet_limit_bytes(Bytes32(config.packet_size_bytes) + kHeaderBytes),
      max_associations(config.max_associations),
      strangers{.associations_per_host = config.unverified_per_address,
                .associations = config.unverified_associations} {}

Result<> Settings::Check() const {
  if (rto_min > rto_max || rto_initial < rto_min || rto_initial > rto_max)
    return Fail("rto-initial must lie between rto-min and rto-max");
  if (heartbeat * 2 > dead_peer_timeout)
    return Fail("heartbeat must be at most half of dead-peer-timeout");
  // The stack hands out a message whole as long as it is below half of the receive buffer.
  if (max_message_bytes > send_buffer_bytes / 2 || max_message_bytes > receive_buffer_bytes / 2)
    return Fail("a message must be at most half of send-buffer and of receive-buffer");
  if (streams == 0 || max_associations == 0 || init_attempts == 0 || sack_every_packets == 0)
    return Fail("streams, max-associations and the like must not be 0");
  return {};
}

}  // namespace funnel::sctp
