// What our congestion law takes of a path that it shares, and leaves there: 20 Mbit/s and 50 ms,
// behind queues of 0.1 to 4 times what the path holds. README.md has the figures.
#include <gtest/gtest.h>

#include "tests/sctp/simulator/measurement.h"
#include "tests/sctp/simulator/shared_path.h"

namespace sctp::testing {
namespace {

using namespace std::chrono_literals;

constexpr double kHalf = 20e6 / 8 / 1e6 / 2;  // MB/s
constexpr double kQueues[] = {0.1, 0.25, 1, 4};

class SharesTest : public Measurement {};

LinkSettings WithQueue(double queue) {
  LinkSettings link;
  link.bits_per_second = 20e6;
  link.queue_bytes = static_cast<std::size_t>(queue * 20e6 / 8 * 0.05);
  return link;
}

struct Shares {
  double ours = 0, others = 0;  // as parts of half the path
  double retransmitted = 0;
};

// One of ours and another, of which the second begins 5 s after the first.
template <typename AddOther>
Shares Beside(double queue, bool ours_first, AddOther add_other) {
  SharedPath path(WithQueue(queue));
  if (ours_first) path.AddOwn();
  if (!ours_first) add_other(path);
  path.Run(5s);
  if (ours_first) add_other(path);
  if (!ours_first) path.AddOwn();
  path.Run(10s);
  const std::vector<double> rates = path.Rates(40s);
  return {rates[ours_first ? 0 : 1] / kHalf, rates[ours_first ? 1 : 0] / kHalf,
          path.Retransmitted()};
}

TEST_F(SharesTest, BesideCubicNeitherStarves) {
  for (const double queue : kQueues)
    for (const bool first : {true, false}) {
      SCOPED_TRACE(std::to_string(queue) + (first ? ", ours first" : ", CUBIC first"));
      const Shares shares =
          Beside(queue, first, [](SharedPath& path) { path.AddTcp(MakeCubic()); });
      EXPECT_GE(shares.ours, 0.25);
      // Where 8 packets are all that the queue holds, CUBIC's own trains overflow it.
      EXPECT_GE(shares.others, queue < 0.2 ? 0.15 : 0.25);
      EXPECT_LE(shares.retransmitted, 0.05);
      EXPECT_GE(shares.ours + shares.others, 1.8);
    }
}

TEST_F(SharesTest, TwoOfOursAreEqual) {
  for (const double queue : kQueues) {
    SCOPED_TRACE(queue);
    const Shares shares = Beside(queue, true, [](SharedPath& path) { path.AddOwn(); });
    const double sum = shares.ours + shares.others;
    const double jain = sum * sum / 2 / (shares.ours * shares.ours + shares.others * shares.others);
    EXPECT_GE(jain, 0.9);
    EXPECT_GE(sum, 1.8);
    EXPECT_LE(shares.retransmitted, 0.05);
  }
}

// BBR's first version does not slow down for loss at all. It must not silence us.
TEST_F(SharesTest, BesideBbrSomethingIsLeft) {
  for (const double queue : kQueues) {
    SCOPED_TRACE(queue);
    const Shares shares = Beside(queue, false, [](SharedPath& path) { path.AddTcp(MakeBbr()); });
    EXPECT_GE(shares.ours, queue > 1 ? 0.4 : 0.1);
  }
}

TEST_F(SharesTest, AloneFillsThePathAndSendsLittleAgain) {
  for (const double queue : kQueues) {
    SCOPED_TRACE(queue);
    SharedPath path(WithQueue(queue));
    path.AddOwn();
    path.Run(5s);
    EXPECT_GE(path.Rates(20s)[0], 0.9 * 2 * kHalf);
    EXPECT_LE(path.Retransmitted(), 0.05);
  }
}

// What CUBIC reaches alone, so that the shares beside it mean something.
TEST_F(SharesTest, TheSimulatedTcpFillsThePath) {
  for (const double queue : kQueues) {
    SCOPED_TRACE(queue);
    SharedPath cubic(WithQueue(queue)), bbr(WithQueue(queue));
    cubic.AddTcp(MakeCubic());
    cubic.Run(10s);
    EXPECT_GE(cubic.Rates(20s)[0], 0.85 * 2 * kHalf);
    bbr.AddTcp(MakeBbr());
    bbr.Run(10s);
    EXPECT_GE(bbr.Rates(20s)[0], 0.85 * 2 * kHalf);
  }
}

}  // namespace
}  // namespace sctp::testing
