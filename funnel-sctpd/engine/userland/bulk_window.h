// How much bulk may be under way: enough to keep the path busy, and so little that a request behind
// it waits half a round trip more, not for a router's whole buffer. SCTP's own window knows loss
// only, and fills such a buffer to the brim.
//
// Under way at most: what the path delivers in one and a half of its shortest round trips (and a
// little more, for very short ones). With that a free path shows more every round trip, until it is
// full. As BBR does, it looks at the shortest round trip anew now and then, and lets the path's
// queue drain for it.
//
// Times are given in; no I/O. One per association.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "common/base/clock.h"

namespace funnel::sctp {

class BulkWindow {
 public:
  // Before anything was measured: four frames of bulk.
  static constexpr std::size_t kInitialBytes = 64 * 1024;
  // A frame of bulk and a packet's worth of others: less would stop a slow path between frames.
  static constexpr std::size_t kLeastBytes = 18 * 1024;
  // Queueing that is always allowed: a turn of the loop, and acknowledgements in batches.
  static constexpr std::chrono::milliseconds kSlack{5};

  // The time that a packet and its acknowledgement took.
  void OnRoundTrip(Duration sample, TimePoint now);
  // Whether OnProgress would look at the figure.
  [[nodiscard]] bool IsDue(TimePoint now) const { return now >= due_; }
  // ACKED: payload that the peer has acknowledged since the beginning.
  void OnProgress(std::uint64_t acked_bytes, TimePoint now);
  // Bulk wanted to be sent and was told to wait.
  void OnLimited() { limited_ = true; }

  // Bytes handed to SCTP and not acknowledged, at most.
  [[nodiscard]] std::size_t limit() const { return limit_; }
  // Of those, not even sent for the first time, at most: what the path takes in kSlack.
  [[nodiscard]] std::size_t backlog() const { return backlog_; }
  [[nodiscard]] Duration shortest_round_trip() const;

 private:
  static constexpr std::chrono::milliseconds kShortestInterval{10};
  static constexpr std::chrono::seconds kRoundTripFresh{10};
  static constexpr std::size_t kSamples = 10;

  void AddRate(double bytes_per_second);
  void Update(TimePoint now);

  std::array<double, kSamples> rates_{};  // bytes a second, of the last intervals that bulk filled
  std::size_t next_rate_ = 0;
  double rate_ = 0;
  bool growing_ = false;  // the path has just shown that it takes more
  std::uint64_t acked_ = 0;
  TimePoint since_{}, due_{};
  bool limited_ = false;

  std::optional<Duration> shortest_,
      shortest_before_;  // in this span of kRoundTripFresh, in the last
  TimePoint span_began_{};
  TimePoint draining_until_{};

  std::size_t limit_ = kInitialBytes;
  std::size_t backlog_ = 0;
};

}  // namespace funnel::sctp
