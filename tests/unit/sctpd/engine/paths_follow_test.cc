// Paths alone: which peer is followed to another address, and which is not.
#include "tests/unit/sctpd/engine/paths_harness.h"

namespace funnel::sctp::test {
namespace {

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
  EXPECT_TRUE(paths.OnAnswer(RouteTo(1), nonce, now)) << "which may have gone out twice";
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

}  // namespace
}  // namespace funnel::sctp::test
