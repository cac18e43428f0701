// Whether the peer is still there when nothing else shows it: a HEARTBEAT after a while of silence,
// with a nonce that only an answer to it can bring back (RFC 9260 section 8.3).
#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "sctp/base/random_source.h"
#include "sctp/wire/control_chunks.h"

namespace sctp {

class Heartbeats {
 public:
  struct Settings {
    Duration interval = std::chrono::seconds(5);
    // Nothing has come for so long: the peer is gone.
    Duration dead_after = std::chrono::seconds(20);
  };
  Heartbeats(const Settings& settings, TimePoint now)
      : settings_(settings), last_received_(now), due_(now + settings.interval) {}

  // Something that only the peer can have sent came.
  void OnReceived(TimePoint now) {
    last_received_ = now;
    due_ = now + settings_.interval;
  }
  // Another path is in use now: an answer by the one before does not measure this one.
  void OnMoved() { sent_.reset(); }
  // The round trip, if INFO answers the last one.
  [[nodiscard]] std::optional<Duration> OnAck(ByteView info, TimePoint now);

  [[nodiscard]] bool Dead(TimePoint now) const {
    return now - last_received_ >= settings_.dead_after;
  }
  [[nodiscard]] bool Due(TimePoint now) const { return due_ <= now; }
  [[nodiscard]] TimePoint NextTimer() const {
    return std::min(due_, last_received_ + settings_.dead_after);
  }
  void Write(BufferWriter& out, TimePoint now, RandomSource& random);
  [[nodiscard]] TimePoint last_received() const { return last_received_; }

  static constexpr std::size_t kNonceSize = 16;
  static constexpr std::size_t kChunkSize = kHeartbeatOverhead + kNonceSize;

 private:
  Settings settings_;
  TimePoint last_received_, due_;
  std::array<std::uint8_t, kNonceSize> nonce_{};
  std::optional<TimePoint> sent_;  // and not answered
};

}  // namespace sctp
