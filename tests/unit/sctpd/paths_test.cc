// Paths alone: what is probed when, and when the path in use changes. Time is the test's.
#include "funnel-sctpd/engine/paths.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace funnel::sctp::test {
namespace {

using std::chrono::milliseconds;

class PathsTest : public ::testing::Test {
 protected:
  static TransportAddress Address(int host) {
    return *TransportAddress::Parse("192.0.2." + std::to_string(host), 9899);
  }
  static Route RouteTo(int host, std::uint8_t local = 0) {
    Route route;
    route.peer = Address(host);
    route.local[0] = local;
    return route;
  }
  void Begin(int host) {
    paths.Begin(RouteTo(host), {milliseconds(1000), milliseconds(300)}, now);
    load.used = now;
  }
  void Offer(std::initializer_list<int> hosts) {
    std::vector<TransportAddress> addresses;
    for (int host : hosts) addresses.push_back(Address(host));
    paths.Offer(addresses, now);
  }
  // In steps of libusrsctp's clock. Who ANSWERS does so after 20 ms; where the path changes to is
  // kept in `moves`.
  void Pass(milliseconds time) {
    for (TimePoint until = now + time; now < until;) {
      now += milliseconds(10);
      if (uses) load.used = now;
      if (acknowledges) paths.OnAcknowledged(now);
      Paths::Orders orders;
      paths.OnTime(load, now, orders);
      for (const auto& order : orders) Send(order);
      while (!sent.empty() && now - sent.front().when >= milliseconds(20)) {
        auto probe = sent.front();
        sent.erase(sent.begin());
        if (!answers.contains(probe.order.route.peer)) continue;
        EXPECT_TRUE(paths.OnAnswer(probe.order.route, probe.order.nonce, now) ||
                    probe.order.route.local == Route{}.local);
      }
      if (auto route = paths.TakeWish()) {
        paths.MoveTo(route->peer, now);
        load.used = now;
        moves.push_back(route->peer);
      }
    }
  }
  void Send(const Paths::Order& order) {
    ++probes[order.route.peer];
    last[order.route.peer] = order.nonce;
    sent.push_back({order, now});
  }
  // The peer sends by HOST, as OnOtherPath sees it.
  bool Hear(int host, bool used = true) {
    Paths::Path* path = paths.Find(Address(host));
    if (path == nullptr) path = paths.Learn(RouteTo(host), now);
    if (path == nullptr) return false;
    if (paths.OnHeard(*path, RouteTo(host), used, now)) Send(paths.Probe(*path, now));
    return true;
  }
  [[nodiscard]] TransportAddress InUse() const { return paths.active().route.peer; }
  [[nodiscard]] PathState StateOf(int host) {
    return paths.StateOf(*paths.Find(Address(host)), now);
  }

  struct Sent {
    Paths::Order order;
    TimePoint when;
  };
  Paths paths;
  TimePoint now = TimePoint{} + std::chrono::hours(1);
  Paths::Load load;
  bool uses = true;           // the peer sends by the path in use
  bool acknowledges = false;  // ... what we sent
  std::set<TransportAddress> answers;
  std::vector<Sent> sent;
  std::map<TransportAddress, int> probes;
  std::map<TransportAddress, ProbeNonce> last;
  std::vector<TransportAddress> moves;
};

TEST_F(PathsTest, OnePathIsNotProbedWhileAllIsWell) {
  Begin(1);
  load.in_flight = acknowledges = true;
  Pass(milliseconds(5000));
  load.in_flight = false;
  Pass(milliseconds(5000));
  EXPECT_TRUE(probes.empty());
  EXPECT_TRUE(moves.empty());
}

TEST_F(PathsTest, MovesToABetterPathAfterTwoAnswers) {
  Begin(2);
  answers = {Address(1), Address(2)};
  Offer({1, 2});
  EXPECT_EQ(StateOf(1), PathState::kUntried);
  Pass(milliseconds(40));
  EXPECT_TRUE(moves.empty());
  EXPECT_EQ(StateOf(1), PathState::kReachable);
  Pass(milliseconds(200));
  EXPECT_EQ(moves, std::vector{Address(1)});
  EXPECT_EQ(probes[Address(1)], 2);
  EXPECT_EQ(StateOf(1), PathState::kActive);
  Pass(milliseconds(3000));
  EXPECT_EQ(moves.size(), 1u);
}

TEST_F(PathsTest, AWorsePathIsOnlyKeptInMind) {
  Begin(1);
  answers = {Address(1), Address(2)};
  Offer({1, 2});
  Pass(milliseconds(3500));
  EXPECT_TRUE(moves.empty());
  EXPECT_EQ(StateOf(2), PathState::kReachable);
  EXPECT_GT(paths.Find(Address(2))->srtt, Duration{0});
  EXPECT_EQ(probes[Address(2)], 4);
  answers.erase(Address(2));
  Pass(milliseconds(1500));
  EXPECT_EQ(StateOf(2), PathState::kSilent);
}

TEST_F(PathsTest, ABetterPathThatIsSilentIsTriedAgain) {
  Begin(2);
  answers = {Address(2)};
  Offer({1, 2});
  Pass(milliseconds(3500));
  EXPECT_TRUE(moves.empty());
  EXPECT_EQ(StateOf(1), PathState::kSilent);
  EXPECT_EQ(probes[Address(1)], 4);
  answers.insert(Address(1));
  Pass(milliseconds(1200));
  EXPECT_EQ(moves, std::vector{Address(1)});
}

TEST_F(PathsTest, LeavesAPathFallenSilentUnderLoadAndReturnsLater) {
  Begin(1);
  answers = {Address(1), Address(2)};
  Offer({1, 2});
  load.in_flight = acknowledges = true;
  Pass(milliseconds(500));
  ASSERT_TRUE(moves.empty());
  answers.erase(Address(1));
  acknowledges = false;
  uses = true;  // what comes from the peer says nothing of what goes to it
  Pass(milliseconds(340));
  EXPECT_EQ(moves, std::vector{Address(2)});
  EXPECT_EQ(StateOf(1), PathState::kSilent);
  acknowledges = true;
  answers.insert(Address(1));
  Pass(milliseconds(600));
  EXPECT_EQ(moves.size(), 1u) << "it has just failed";
  Pass(milliseconds(2500));
  EXPECT_EQ(moves, (std::vector{Address(2), Address(1)}));
}

// A policer or a small MTU lets probes pass and data not.
TEST_F(PathsTest, APathThatKeepsFailingIsLeftAloneForLonger) {
  Begin(1);
  answers = {Address(1), Address(2)};
  Offer({1, 2});
  load.in_flight = true;
  int failures = 0;
  for (int i = 0; i < 3000; ++i) {
    acknowledges = InUse() == Address(2);
    answers = acknowledges ? std::set{Address(1), Address(2)} : std::set{Address(2)};
    std::size_t before = moves.size();
    Pass(milliseconds(10));
    if (moves.size() > before && moves.back() == Address(2)) ++failures;
  }
  // After 1, 2, 4, 8, 16 s.
  EXPECT_GE(failures, 4);
  EXPECT_LE(failures, 6);
}

TEST_F(PathsTest, SilenceThatAcknowledgementsEndMovesNothing) {
  Begin(1);
  answers = {Address(1)};
  Offer({1, 2});
  load.in_flight = true;
  acknowledges = false;
  Pass(milliseconds(3000));  // only probes show that it works: that is enough
  EXPECT_TRUE(moves.empty());
}

TEST_F(PathsTest, AnIdlePathIsLeftWhenTwoProbesAreLost) {
  Begin(1);
  answers = {Address(2)};
  Offer({1, 2});
  Pass(milliseconds(1500));
  EXPECT_EQ(moves, std::vector{Address(2)});
}

TEST_F(PathsTest, OurOwnAddressMayBeWhatHasGone) {
  paths.Begin(RouteTo(1, /*local=*/7), {milliseconds(1000), milliseconds(300)}, now);
  load.in_flight = true;
  Pass(milliseconds(310));
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].order.route.local[0], 7);
  EXPECT_EQ(sent[1].order.route.local, Route{}.local);
  EXPECT_TRUE(paths.OnAnswer(RouteTo(1, 9), sent[1].order.nonce, now));
  EXPECT_FALSE(paths.suspect());
  EXPECT_EQ(paths.active().route.local[0], 9);
}

TEST_F(PathsTest, FollowsThePeerToWhereItProvesToBe) {
  Begin(1);
  answers = {Address(1), Address(66)};
  uses = false;
  now += milliseconds(10);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(Hear(66));
    Pass(milliseconds(10));
  }
  EXPECT_EQ(moves, std::vector{Address(66)});
  EXPECT_LE(probes[Address(66)], 2);
}

TEST_F(PathsTest, DoesNotFollowWhoDoesNotAnswer) {
  Begin(1);
  uses = false;
  for (int i = 0; i < 100; ++i) {
    now += milliseconds(10);
    ASSERT_TRUE(Hear(66));
    Pass(milliseconds(10));
  }
  EXPECT_TRUE(moves.empty());
  EXPECT_LE(probes[Address(66)], 11);
}

// Somebody on the path copies each packet, sends it on from elsewhere, and even answers probes.
TEST_F(PathsTest, DoesNotFollowCopiesOfWhatThePeerSends) {
  Begin(1);
  answers = {Address(1), Address(66)};
  for (int i = 0; i < 100; ++i) {
    Pass(milliseconds(10));
    now += milliseconds(1);
    ASSERT_TRUE(Hear(66));
  }
  EXPECT_TRUE(moves.empty());
}

TEST_F(PathsTest, ProbesOfThePeerMoveNothing) {
  Begin(1);
  answers = {Address(1), Address(66)};
  uses = false;
  for (int i = 0; i < 300; ++i) {
    Pass(milliseconds(10));
    ASSERT_TRUE(Hear(66, /*used=*/false));
  }
  EXPECT_TRUE(moves.empty());
  EXPECT_EQ(StateOf(66), PathState::kReachable);
  EXPECT_EQ(probes[Address(66)], 1);
}

// An earlier proof is of who was there then.
TEST_F(PathsTest, EachMoveNeedsAProofOfItsOwn) {
  Begin(1);
  answers = {Address(66)};
  Pass(milliseconds(10));
  ASSERT_TRUE(Hear(66, /*used=*/false));
  Pass(milliseconds(100));
  EXPECT_EQ(StateOf(66), PathState::kReachable);
  answers.clear();
  uses = false;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(Hear(66));
    Pass(milliseconds(10));
  }
  EXPECT_TRUE(moves.empty());
}

TEST_F(PathsTest, AnswersCountOnceAndOnlyFromWhereTheyWereAsked) {
  Begin(2);
  Offer({1, 2});
  Pass(milliseconds(10));
  const ProbeNonce nonce = last[Address(1)];
  ProbeNonce forged = nonce;
  forged[1] ^= 1;
  EXPECT_FALSE(paths.OnAnswer(RouteTo(1), forged, now));
  EXPECT_FALSE(paths.OnAnswer(RouteTo(1), {}, now));
  EXPECT_FALSE(paths.OnAnswer(RouteTo(2), nonce, now));
  EXPECT_FALSE(paths.OnAnswer(RouteTo(66), nonce, now));
  EXPECT_TRUE(paths.OnAnswer(RouteTo(1), nonce, now));
  EXPECT_FALSE(paths.OnAnswer(RouteTo(1), nonce, now));
  EXPECT_EQ(paths.Find(Address(1))->in_row, 1u);
}

TEST_F(PathsTest, AFloodOfAddressesPushesOutNobody) {
  Begin(1);
  answers = {Address(1), Address(2), Address(3), Address(4)};
  Offer({1, 2});
  Pass(milliseconds(10));
  ASSERT_TRUE(Hear(3));
  Pass(milliseconds(100));
  int learned = 0;
  for (int i = 0; i < 200; ++i) {
    learned += Hear(10 + i);
    Pass(milliseconds(10));
  }
  EXPECT_LE(paths.all().size(), 2 + Paths::kMaxLearned);
  EXPECT_LE(learned, 20);
  for (int host : {1, 2, 3}) EXPECT_NE(paths.Find(Address(host)), nullptr) << host;
  EXPECT_TRUE(moves.empty());
  // Nobody has heard of them for long.
  Pass(milliseconds(70'000));
  EXPECT_EQ(paths.all().size(), 2u);
}

TEST_F(PathsTest, ANewOfferReplacesTheOneBefore) {
  Begin(1);
  answers = {Address(1), Address(2), Address(3)};
  Offer({1, 2, 2, 3});
  EXPECT_EQ(paths.all().size(), 3u);
  Pass(milliseconds(500));
  Offer({3});
  EXPECT_EQ(InUse(), Address(1));
  Pass(milliseconds(1500));
  EXPECT_EQ(moves, std::vector{Address(3)});
  std::vector<TransportAddress> many;
  for (int i = 0; i < 100; ++i) many.push_back(Address(i));
  paths.Offer(many, now);
  EXPECT_LE(paths.all().size(), Engine::kMaxPaths + 3);
  EXPECT_EQ(InUse(), Address(3));
}

}  // namespace
}  // namespace funnel::sctp::test
