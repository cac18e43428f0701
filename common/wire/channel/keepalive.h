// PING and PONG of one channel: whether the far end is still there, the round trip to it, and the
// owner's own questions. Owned by the channel; decides and remembers, the channel sends and ends.
//
// Only one PING of ours and one of the owner's are under way. An answer that is late does not mean
// that the far end is gone: while any frame comes from there it is just slow.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "common/wire/frame/record.h"
#include "common/wire/frame/record_queue.h"

namespace funnel::wire {

// Whose PING it is, by its value: ours, the send buffer's (opening_proof.h), or else the owner's.
inline constexpr std::uint64_t kOwnPing = std::uint64_t{1} << 63;
inline constexpr std::uint64_t kOpeningPing = std::uint64_t{1} << 62;

class Keepalive {
 public:
  // A PING of ours leaves every INTERVAL. The far end counts as gone PATIENCE after it, or after
  // the last frame that came.
  Keepalive(Duration interval, Duration patience, TimePoint now)
      : interval_(interval), patience_(patience), last_received_(now), next_ping_(now + interval) {}

  // A frame came that was not forged.
  void OnFrame(TimePoint now) { last_received_ = now; }

  // The PING to send, ours or the owner's. Any VALUE will do; the two kinds never share one.
  [[nodiscard]] PingRecord StartOwn(std::uint64_t value, TimePoint now);
  [[nodiscard]] PingRecord StartOwners(std::uint64_t value, TimePoint now);

  // An answer to the owner's PING, in its words.
  struct OwnersPong {
    std::uint64_t value;
    Duration round_trip;
  };
  // nullopt: it answers ours, or nothing that was asked.
  [[nodiscard]] std::optional<OwnersPong> OnPong(const PongRecord& record, TimePoint now);

  // The peer's PINGs wait for their answers; those beyond what an honest peer sends are dropped.
  void OnPing(const PingRecord& record);
  [[nodiscard]] bool HasPongsDue() const { return !pongs_due_.empty(); }
  void WritePongs(RecordQueue& control);

  // What is due at this time, on a channel that is open. A channel without sessions sends no PING.
  enum class Due { kNothing, kPing, kGone };
  [[nodiscard]] Due Check(TimePoint now, bool has_sessions);
  // When to call Check() again.
  [[nodiscard]] TimePoint NextTimer() const { return own_ ? SilenceEnds() : next_ping_; }

  // As the last PING of ours measured it; zero: not known.
  [[nodiscard]] Duration round_trip() const { return round_trip_; }

 private:
  struct UnderWay {
    std::uint64_t value;
    TimePoint sent;
  };

  // When an unanswered PING means that the far end is gone. Needs one under way.
  [[nodiscard]] TimePoint SilenceEnds() const;

  const Duration interval_, patience_;
  std::optional<UnderWay> own_, owners_;
  std::vector<std::uint64_t> pongs_due_;
  TimePoint last_received_;
  TimePoint next_ping_;
  Duration round_trip_{};
};

}  // namespace funnel::wire
