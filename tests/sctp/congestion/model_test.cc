// The congestion law that models the path, by itself.
#include "sctp/congestion/model.h"

#include <gtest/gtest.h>

namespace sctp {
namespace {

using namespace std::chrono_literals;

// The measured rate is what comes out of the path; part of what goes in is lost.
TEST(ModelTest, SendsOnTopWhatIsLostAnyway) {
  constexpr std::size_t kRoundBytes = 500'000;
  Model model(1472);
  TimePoint now{100s};
  std::uint64_t delivered = 0;
  double rate_seen = 0;
  for (int round = 0; round < 200; ++round) {
    AckEvent event;
    event.now = now += 50ms;
    event.rate = {.valid = true, .bytes_per_second = 10e6, .delivered_before = delivered};
    event.delivered_bytes = kRoundBytes;
    event.lost_bytes = kRoundBytes / 24;
    event.delivered_total_bytes = delivered += kRoundBytes;
    event.flight_bytes = event.flight_before_bytes = kRoundBytes;
    event.rtt = event.smoothed_rtt = 50ms;
    model.OnAck(event);
    if (model.state() == std::string_view("cruise")) rate_seen = model.pacing_rate();
  }
  EXPECT_NEAR(rate_seen, 10e6 / 0.96, 0.05e6);
}

// Whatever was measured, the least window may be sent within one round trip.
TEST(ModelTest, PacesNoSlowerThanTheLeastWindow) {
  Model model(1472);
  TimePoint now{100s};
  std::uint64_t delivered = 0;
  for (int round = 0; round < 20; ++round) {
    AckEvent event;
    event.now = now += 50ms;
    event.rate = {.valid = true, .bytes_per_second = 100, .delivered_before = delivered};
    event.delivered_bytes = 5;
    event.delivered_total_bytes = delivered += 5;
    event.rtt = event.smoothed_rtt = 50ms;
    model.OnAck(event);
  }
  EXPECT_STRNE(model.state(), "start-up");
  EXPECT_GE(model.window_bytes(), 4 * 1472u);
  EXPECT_GE(model.pacing_rate(), 4 * 1472 / 0.05);
}

TEST(ModelTest, WithoutARoundTripTheAcknowledgementsPace) {
  Model model(1472);
  AckEvent event;
  event.now = TimePoint{100s};
  event.rate = {.valid = true, .bytes_per_second = 10};
  event.delivered_bytes = event.delivered_total_bytes = 50;
  model.OnAck(event);
  EXPECT_EQ(model.pacing_rate(), 0);
}

// A link as fast as the ends holds less than one train of packets, and with a window of that size
// each end sleeps while the other works.
TEST(ModelTest, HoldsATurnOfTheEndsWhereThePathIsShorter) {
  constexpr double kRate = 500e6;
  constexpr std::size_t kRoundBytes = 50'000;
  Model model(1472);
  TimePoint now{100s};
  std::uint64_t delivered = 0;
  for (int round = 0; round < 100; ++round) {
    AckEvent event;
    event.now = now += 100us;
    event.rate = {.valid = true, .bytes_per_second = kRate, .delivered_before = delivered};
    event.delivered_bytes = kRoundBytes;
    event.delivered_total_bytes = delivered += kRoundBytes;
    event.flight_bytes = event.flight_before_bytes = kRoundBytes;
    event.rtt = event.smoothed_rtt = 100us;
    model.OnAck(event);
  }
  EXPECT_GE(model.window_bytes(), static_cast<std::size_t>(kRate * 0.001));
  EXPECT_LE(model.window_bytes(), static_cast<std::size_t>(kRate * 0.002));
}

// Requests on a path that bulk had filled, then bulk that has little credit at first.
TEST(ModelTest, RoundsWithLittleToSendDoNotAgeTheRate) {
  Model model(1472);
  TimePoint now{100s};
  std::uint64_t delivered = 0;

  const auto rounds = [&](int count, std::size_t bytes, bool app_limited) {
    for (int round = 0; round < count; ++round) {
      AckEvent event;
      event.now = now += 50ms;
      event.rate = {.valid = true,
                    .bytes_per_second = static_cast<double>(bytes) / 0.05,
                    .delivered_before = delivered,
                    .app_limited = app_limited};
      event.delivered_bytes = bytes;
      event.delivered_total_bytes = delivered += bytes;
      event.flight_bytes = event.flight_before_bytes = bytes;
      event.rtt = event.smoothed_rtt = 50ms;
      model.OnAck(event);
    }
  };

  rounds(20, 500'000, /*app_limited=*/false);
  EXPECT_NEAR(model.rate(), 10e6, 1e4);

  rounds(100, 30'000, /*app_limited=*/true);
  rounds(3, 100'000, /*app_limited=*/false);
  EXPECT_NEAR(model.rate(), 10e6, 1e4);

  rounds(12, 100'000, /*app_limited=*/false);  // and then it is that much
  EXPECT_NEAR(model.rate(), 2e6, 1e4);
}

}  // namespace
}  // namespace sctp
