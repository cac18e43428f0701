// Paths alone: which one is wanted, and when something must be asked.
#include "sctp/path/paths.h"

#include <gtest/gtest.h>

#include "sctp/path/peer_hosts.h"
#include "tests/sctp/path/addresses.h"
#include "tests/sctp/test_random.h"

namespace sctp {
namespace {

using namespace std::chrono_literals;
using testing::TestRandom;

class PathsTest : public ::testing::Test {
 protected:
  // Lets time pass to the next timer, if it comes within SPAN.
  void Pass(Duration span) {
    const TimePoint end = now + span;
    for (;;) {
      const TimePoint next = paths.NextTimer(load);
      if (next > end) break;
      now = std::max(now, next);  // what was offered is tried at once
      Settle();
      ASSERT_GT(paths.NextTimer(load), now);
    }
    now = end;
  }
  void Settle() {
    orders.clear();
    paths.OnTime(load, now, orders);
    asked += orders.size();
    for (const Paths::Order& order : orders) {
      if (order.to != answering) continue;
      EXPECT_TRUE(paths.OnAnswer(order.to, order.nonce, now));
    }
    paths.OnTime(load, now, orders);
    if (Path* wish = paths.TakeWish()) {
      moves.push_back(wish->address);
      paths.MoveTo(*wish, now);
      paths.OnTime(load, now, orders);
    }
  }

  TestRandom random{1};
  TimePoint now{1000s};
  Paths::Load load;
  Paths paths{{.probe_interval = 5s, .failover = 300ms}, At(1), random, now};
  std::vector<Paths::Order> orders;
  std::size_t asked = 0;
  std::optional<Address> answering;
  std::vector<Address> moves;
};

TEST_F(PathsTest, ASinglePathIsNeverAsked) {
  load.waiting_since = now;
  EXPECT_EQ(paths.NextTimer(load), TimePoint::max());
  now += 1h;
  Settle();
  EXPECT_EQ(asked, 0u);
  EXPECT_FALSE(paths.suspect());
}

TEST_F(PathsTest, ABetterPathIsTakenAfterTwoAnswers) {
  paths.Offer({At(2), At(1)}, now);
  answering = At(2);
  Settle();
  EXPECT_TRUE(moves.empty());
  Pass(150ms);
  EXPECT_EQ(moves, std::vector<Address>{At(2)});
}

TEST_F(PathsTest, AWorseOneIsNot) {
  paths.Offer({At(1), At(2)}, now);
  answering = At(2);
  // Its own probes are answered by what it carries; this is no silence.
  load.acknowledged = now + 1h;
  Pass(1min);
  EXPECT_TRUE(moves.empty());
  EXPECT_EQ(paths.StateOf(*paths.Find(At(2)), now), PathState::kReachable);
}

TEST_F(PathsTest, AnAnswerFromAnotherPlaceProvesNothing) {
  paths.Offer({At(1), At(2)}, now);
  orders.clear();
  paths.OnTime(load, now, orders);
  for (const Paths::Order& order : orders)
    EXPECT_FALSE(paths.OnAnswer(order.to == At(1) ? At(2) : At(1), order.nonce, now));
  EXPECT_FALSE(paths.Find(At(2))->is_proven());
}

TEST_F(PathsTest, SilenceUnderLoadMovesToWhatAnswers) {
  paths.Offer({At(1), At(2), At(3)}, now);
  answering = At(1);
  Pass(1s);
  answering = At(3);
  load.waiting_since = now;
  Pass(299ms);
  EXPECT_TRUE(moves.empty());
  Pass(1ms);
  EXPECT_EQ(moves, std::vector<Address>{At(3)});
  EXPECT_EQ(paths.StateOf(*paths.Find(At(1)), now), PathState::kSilent);
}

TEST_F(PathsTest, OfferingAgainKeepsWhatIsInUseAndKnown) {
  paths.Offer({At(1), At(2)}, now);
  answering = At(2);
  Settle();
  paths.Offer({At(3)}, now);
  EXPECT_EQ(paths.active().address, At(1));
  ASSERT_NE(paths.Find(At(2)), nullptr);  // proven: the peer may be followed there
  EXPECT_FALSE(paths.Find(At(2))->offered);
  std::vector<Address> many;
  for (std::uint8_t i = 10; i < 30; ++i) many.push_back(At(i));
  paths.Offer(many, now);
  EXPECT_LE(paths.all().size(), Paths::kMostOffered + 2);
}

TEST_F(PathsTest, OnlySoManyAreLearned) {
  for (std::uint8_t i = 10; i < 30; ++i) (void)paths.Learn(At(i), now);
  EXPECT_EQ(paths.all().size(), 1 + Paths::kMostLearned);
  now += 2s;
  EXPECT_NE(paths.Learn(At(40), now), nullptr);
  EXPECT_EQ(paths.all().size(), 1 + Paths::kMostLearned);
}

// The clock counts from when the machine started.
TEST(PathsOfAYoungMachineTest, WhatIsOfferedIsAskedAtOnce) {
  TestRandom random{1};
  const TimePoint now{1s};
  Paths paths{{.probe_interval = 60s, .failover = 300ms}, At(1), random, now};
  paths.Offer({At(2), At(1)}, now);
  EXPECT_LE(paths.NextTimer({}), now);
  std::vector<Paths::Order> orders;
  paths.OnTime({}, now, orders);
  EXPECT_EQ(std::ranges::count(orders, At(2), &Paths::Order::to), 1);
}

TEST(PeerHostsTest, WhatCannotBeMeantIsLeftOut) {
  const auto v4 = [](std::uint8_t first) {
    Host host = At(5).host;
    host[12] = first;
    return host;
  };
  Host v6{};
  v6[0] = 0xfd;
  // Unspecified, loopback, multicast, broadcast, of the other version, itself, and one twice.
  const std::vector<Host> hosts{v4(0),      v4(127), v4(224), v4(255),   v6,
                                At(1).host, v4(192), v4(192), At(7).host};
  const auto paths = PathsOf(At(1), hosts);
  ASSERT_EQ(paths.size(), 3u);
  EXPECT_EQ(paths[0], At(1));
  EXPECT_EQ(paths[1].host, v4(192));
  EXPECT_EQ(paths[1].port, 9899);
  EXPECT_EQ(paths[2], At(7));
}

}  // namespace
}  // namespace sctp
