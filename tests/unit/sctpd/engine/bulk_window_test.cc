// How much bulk is let under way, on a path that is played here.
#include "funnel-sctpd/engine/userland/bulk_window.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "funnel-sctpd/engine/path/round_trip.h"

namespace funnel::sctp {
namespace {

using namespace std::chrono_literals;

// A path of some rate and length, with a queue without end, that bulk always fills up to the
// window.
class Path {
 public:
  Path(double bytes_per_second, Duration length) : rate_(bytes_per_second), length_(length) {
    window.OnRoundTrip(length, now_);  // of what went before bulk
  }

  // Plays SPAN in steps of a millisecond.
  void Run(Duration span) {
    for (TimePoint end = now_ + span; now_ < end; now_ += 1ms) {
      under_way_ = std::max(under_way_, static_cast<double>(window.limit()));
      if (bulk) window.OnLimited();
      double delivered = std::min(under_way_ / RoundTripSeconds(), rate_) * 0.001;
      if (!bulk) delivered = 0;
      acked_ += delivered;
      under_way_ -= delivered;
      round_trip =
          std::chrono::duration_cast<Duration>(std::chrono::duration<double>(RoundTripSeconds()));
      window.OnRoundTrip(round_trip, now_);
      window.OnProgress(static_cast<std::uint64_t>(acked_), now_);
    }
  }
  void SetRate(double bytes_per_second) { rate_ = bytes_per_second; }
  [[nodiscard]] double acked() const { return acked_; }

  BulkWindow window;
  Duration round_trip{};
  bool bulk = true;

 private:
  // What is beyond the path's own product stands in its queue.
  [[nodiscard]] double RoundTripSeconds() const {
    return std::max(std::chrono::duration<double>(length_).count(), under_way_ / rate_);
  }
  double rate_;
  Duration length_;
  double under_way_ = 0, acked_ = 0;
  TimePoint now_{1000s};
};

TEST(BulkWindow, FillsAPathWithoutFillingItsQueue) {
  Path path(1.25e6, 20ms);
  path.Run(2s);
  double before = path.acked();
  path.Run(5s);
  EXPECT_GT(path.acked() - before, 0.95 * 5 * 1.25e6);
  EXPECT_LT(path.round_trip, 38ms);
}

TEST(BulkWindow, FindsAFastPathsRateWithinASecond) {
  Path path(12.5e6, 50ms);
  path.Run(1s);
  double before = path.acked();
  path.Run(2s);
  EXPECT_GT(path.acked() - before, 0.95 * 2 * 12.5e6);
}

TEST(BulkWindow, FollowsARateThatFalls) {
  Path path(12.5e6, 20ms);
  path.Run(3s);
  path.SetRate(1.25e6);
  path.Run(10s);
  EXPECT_LT(path.round_trip, 60ms);
}

TEST(BulkWindow, PauseLeavesWhatWasLearnt) {
  Path path(12.5e6, 50ms);
  path.Run(3s);
  std::size_t limit = path.window.limit();
  path.bulk = false;
  path.Run(1s);
  EXPECT_GE(path.window.limit() * 11 / 10, limit);
}

TEST(BulkWindow, NeverBelowAFrame) {
  Path path(1000, 5ms);
  path.Run(5s);
  EXPECT_GE(path.window.limit(), BulkWindow::kLeastBytes);
}

TEST(RoundTrip, TimesOneChunkAtATime) {
  RoundTrip timed;
  TimePoint start{1000s};
  timed.OnFirstSent(7, start);
  timed.OnFirstSent(8, start + 3ms);
  EXPECT_FALSE(timed.OnAcknowledged(6, start + 4ms));
  EXPECT_EQ(timed.OnAcknowledged(8, start + 5ms), Duration(5ms));
  EXPECT_FALSE(timed.OnAcknowledged(8, start + 6ms));
}

TEST(RoundTrip, ChunkSentTwiceSaysNothing) {
  RoundTrip timed;
  TimePoint start{1000s};
  timed.OnFirstSent(0xffffffff, start);
  timed.OnResent(0xffffffff);
  EXPECT_FALSE(timed.OnAcknowledged(3, start + 5ms));
  timed.OnFirstSent(0xffffffff, start);
  EXPECT_TRUE(timed.OnAcknowledged(2, start + 5ms));  // numbers wrap
}

}  // namespace
}  // namespace funnel::sctp
