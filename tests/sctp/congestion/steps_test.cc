// A path that changes while it is used: its rate, and its round trip.
#include <gtest/gtest.h>

#include "tests/sctp/simulator/measurement.h"
#include "tests/sctp/simulator/shared_path.h"

namespace sctp::testing {
namespace {

using namespace std::chrono_literals;

class StepsTest : public Measurement {
 protected:
  static LinkSettings Link() {
    LinkSettings link;
    link.bits_per_second = 50e6;
    link.queue_bytes = 320 * 1024;
    return link;
  }
  void SetRate(double bits_per_second) {
    path.simulation().to_b.settings.bits_per_second = bits_per_second;
  }
  void SetDelay(Duration delay) {
    path.simulation().to_b.settings.delay = path.simulation().to_a.settings.delay = delay;
  }
  // The part of BITS_PER_SECOND that arrives while SPAN passes.
  double Share(double bits_per_second, Duration span) {
    return path.Rates(span)[0] * 8e6 / bits_per_second;
  }

  SharedPath path{Link()};
};

TEST_F(StepsTest, TheRateFallsAndRisesAgain) {
  path.AddOwn();
  path.Run(5s);
  EXPECT_GE(Share(50e6, 3s), 0.9);

  SetRate(10e6);
  path.Run(3s);
  const double before = path.Retransmitted();
  EXPECT_GE(Share(10e6, 7s), 0.9);
  EXPECT_LE(path.Retransmitted(), before + 0.01);

  SetRate(50e6);
  path.Run(4s);
  EXPECT_GE(Share(50e6, 4s), 0.8);
}

TEST_F(StepsTest, TheRoundTripGrowsAndShrinks) {
  path.AddOwn();
  path.Run(5s);

  // Up to twice the window holds; beyond it the rate falls until the least round trip is asked
  // again (README.md).
  SetDelay(40ms);
  EXPECT_GE(Share(50e6, 12s), 0.8);
  EXPECT_GE(Share(50e6, 5s), 0.85);

  SetDelay(10ms);
  path.Run(1s);
  EXPECT_GE(Share(50e6, 5s), 0.85);
  EXPECT_LE(path.Retransmitted(), 0.05);
}

}  // namespace
}  // namespace sctp::testing
