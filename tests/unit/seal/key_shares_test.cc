#include "common/seal/key_shares.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace funnel::seal {
namespace {

const wire::SuiteTraits& kPlain = *wire::FindSuite(2);
const wire::SuiteTraits& kHybrid = *wire::FindSuite(3);

TEST(KeyShares, BothEndsAgree) {
  const auto ours = KeyShares::Make(/*with_ml_kem=*/false).value();
  EXPECT_EQ(ours.x25519().size(), wire::kX25519ShareSize);
  EXPECT_TRUE(ours.ml_kem().empty());
  const auto theirs = AnswerShares(kPlain, ours.x25519(), {}).value();
  const Secret agreed = ours.Agree(kPlain, theirs.answer).value();
  EXPECT_EQ(agreed.size(), 32u);
  EXPECT_TRUE(std::ranges::equal(agreed.view(), theirs.shared.view()));
}

TEST(KeyShares, AreFreshEachTime) {
  const auto one = KeyShares::Make(/*with_ml_kem=*/false).value();
  const auto other = KeyShares::Make(/*with_ml_kem=*/false).value();
  EXPECT_NE(one.x25519(), other.x25519());
  EXPECT_NE(AnswerShares(kPlain, one.x25519(), {})->answer,
            AnswerShares(kPlain, one.x25519(), {})->answer);
}

// RFC 7748 section 6.1: with points of small order the result is 0, whatever our key is.
TEST(KeyShares, RefuseAShareThatAgreesOnNothing) {
  Bytes zero(32), one(32);
  one[0] = 1;
  const auto ours = KeyShares::Make(/*with_ml_kem=*/false).value();
  for (const Bytes& share : {zero, one}) {
    EXPECT_FALSE(AnswerShares(kPlain, share, {}));
    EXPECT_FALSE(ours.Agree(kPlain, share));
  }
}

TEST(KeyShares, RefuseAnotherSize) {
  const auto ours = KeyShares::Make(/*with_ml_kem=*/false).value();
  for (std::size_t size : {0, 31, 33, 1120}) EXPECT_FALSE(ours.Agree(kPlain, Bytes(size, 9)));
  EXPECT_FALSE(AnswerShares(kPlain, Bytes(31, 9), {}));
}

TEST(KeyShares, AgreeOnMlKemTooWhereOpensslHasIt) {
  const auto ours = KeyShares::Make(/*with_ml_kem=*/true);
  ASSERT_EQ(ours.has_value(), HasMlKem());
  if (!HasMlKem()) return;
  EXPECT_EQ(ours->ml_kem().size(), wire::kMlKemKeySize);
  const auto theirs = AnswerShares(kHybrid, ours->x25519(), ours->ml_kem()).value();
  EXPECT_EQ(theirs.answer.size(), wire::kX25519ShareSize + wire::kMlKemCiphertextSize);
  const Secret agreed = ours->Agree(kHybrid, theirs.answer).value();
  EXPECT_EQ(agreed.size(), 64u);
  EXPECT_TRUE(std::ranges::equal(agreed.view(), theirs.shared.view()));
  EXPECT_FALSE(AnswerShares(kHybrid, ours->x25519(), Bytes(wire::kMlKemKeySize, 0xFF)));
}

}  // namespace
}  // namespace funnel::seal
