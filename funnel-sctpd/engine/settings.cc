#include "funnel-sctpd/engine/settings.h"

#include <string>

namespace funnel::sctp {
namespace {

template <typename T>
Result<> InRange(const char* name, T value, T low, T high) {
  if (value >= low && value <= high) return {};
  return Fail(std::string(name) + " is " + std::to_string(value) + ", must be " +
              std::to_string(low) + " to " + std::to_string(high));
}

Result<> InRangeMs(const char* name, std::chrono::milliseconds value, int low, int high) {
  return InRange<std::int64_t>(name, value.count(), low, high);
}

}  // namespace

Result<> Settings::Check() const {
  // usrsctp's timers run in ticks of 10 ms: nothing shorter works.
  if (auto r = InRangeMs("rto-min", rto_min, 20, 60000); !r) return r;
  if (auto r = InRangeMs("rto-max", rto_max, 20, 60000); !r) return r;
  if (auto r = InRangeMs("rto-initial", rto_initial, 20, 60000); !r) return r;
  if (rto_min > rto_max || rto_initial < rto_min || rto_initial > rto_max)
    return Fail("rto-initial must lie between rto-min and rto-max");
  if (auto r = InRangeMs("sack-delay", sack_delay, 10, 500); !r) return r;
  if (auto r = InRange<std::uint32_t>("sack-every-packets", sack_every_packets, 1, 16); !r)
    return r;
  if (auto r = InRange<std::uint32_t>("init-attempts", init_attempts, 1, 32); !r) return r;
  if (auto r = InRangeMs("heartbeat-interval", heartbeat_interval, 10, 3600'000); !r) return r;
  if (auto r = InRangeMs("dead-peer-timeout", dead_peer_timeout, 100, 3600'000); !r) return r;
  if (auto r = InRangeMs("path-probe-interval", path_probe_interval, 100, 3600'000); !r) return r;
  if (auto r = InRangeMs("path-failover", path_failover, 50, 60000); !r) return r;
  if (heartbeat_interval * 2 > dead_peer_timeout)
    return Fail("heartbeat-interval must be at most half of dead-peer-timeout");
  if (auto r = InRange<std::uint32_t>("streams", streams, 1, 65535); !r) return r;
  if (auto r = InRange<std::uint32_t>("max-message", max_message_bytes, 1024, 1u << 20); !r)
    return r;
  if (auto r = InRange<std::uint32_t>("send-buffer", send_buffer_bytes, 64u << 10, 256u << 20); !r)
    return r;
  if (auto r =
          InRange<std::uint32_t>("receive-buffer", receive_buffer_bytes, 64u << 10, 256u << 20);
      !r)
    return r;
  // usrsctp hands out a message whole as long as it is below half of the receive buffer.
  if (max_message_bytes > send_buffer_bytes / 2 || max_message_bytes > receive_buffer_bytes / 2)
    return Fail("max-message must be at most half of send-buffer and of receive-buffer");
  if (auto r = InRange<std::uint32_t>("packet-limit", ip_packet_limit_bytes, 576, 65535); !r)
    return r;
  if (window_unit_bytes != 0) {
    if (auto r =
            InRange<std::uint32_t>("window-unit", window_unit_bytes, ip_packet_limit_bytes, 60000);
        !r)
      return r;
  }
  return InRange<std::uint32_t>("max-associations", max_associations, 1, 65535);
}

}  // namespace funnel::sctp
