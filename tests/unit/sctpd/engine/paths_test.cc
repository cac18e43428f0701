// Paths alone: what is probed when, and when a path that is offered is taken or left.
#include "tests/unit/sctpd/engine/paths_harness.h"

namespace funnel::sctp::test {
namespace {

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
