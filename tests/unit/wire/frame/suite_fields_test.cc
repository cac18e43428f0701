// Fields of suites above 1: in OPEN and OPENED, and in REKEY.
#include <gtest/gtest.h>

#include "common/wire/frame/open.h"
#include "common/wire/frame/rekey_body.h"
#include "tests/unit/wire/frame/open_bodies.h"

namespace funnel::wire {
namespace {

OpenBody WithShares() {
  OpenBody open = SampleOpen();
  open.suites = {3, 2, 1};
  open.x25519_share = Bytes(kX25519ShareSize, 4);
  open.ml_kem_key = Bytes(kMlKemKeySize, 5);
  return open;
}

TEST(Shares, ComeBackInOpen) {
  const auto open = OpenBody::Parse(WithShares().Serialize());
  ASSERT_TRUE(open);
  EXPECT_EQ(open->x25519_share, WithShares().x25519_share);
  EXPECT_EQ(open->ml_kem_key, WithShares().ml_kem_key);
  EXPECT_TRUE(open->Offers(kProtocolVersion, 3));
  EXPECT_TRUE(open->OffersMore());
  EXPECT_FALSE(SampleOpen().OffersMore());
}

TEST(Shares, AnOfferWithoutItsShareIsNone) {
  OpenBody open = WithShares();
  open.ml_kem_key.clear();
  EXPECT_FALSE(open.Offers(kProtocolVersion, 3));
  EXPECT_TRUE(open.Offers(kProtocolVersion, 2));
  open.x25519_share.clear();
  EXPECT_FALSE(open.Offers(kProtocolVersion, 2));
  EXPECT_TRUE(open.Offers(kProtocolVersion, 1));
}

TEST(Shares, OfAnotherSizeAreRejected) {
  for (const auto& [type, size] : {std::pair{24, 31}, {24, 0}, {26, 1183}, {26, 1185}})
    EXPECT_FALSE(OpenBody::Parse(WithTlv(SampleOpen().Serialize(), static_cast<std::uint8_t>(type),
                                         Bytes(static_cast<std::size_t>(size), 1))))
        << type;
}

TEST(Shares, AnOpenedHasThemWhereItsSuiteDoes) {
  for (const auto& [suite, size] : {std::pair{1, 0}, {2, 32}, {3, 1120}, {4, 32}, {5, 1120}}) {
    OpenedBody opened{.suite = static_cast<std::uint16_t>(suite), .token = {1}};
    for (const std::size_t given : {0, 32, 1120}) {
      opened.share_answer = Bytes(given, 6);
      const auto parsed = OpenedBody::Parse(opened.Serialize());
      EXPECT_EQ(parsed.has_value(), given == static_cast<std::size_t>(size))
          << suite << ' ' << given;
      if (parsed) {
        EXPECT_EQ(parsed->share_answer, opened.share_answer);
      }
    }
  }
}

TEST(Shares, TheProofIsOverAllButItselfAndTheHopLimit) {
  const Bytes open = WithShares().Serialize();
  OpenedBody opened{.suite = 2, .share_answer = Bytes(32, 6), .token = {1}};
  const Bytes without = ProofBytes(open, opened.Serialize());
  opened.proof = Bytes(kProofSize, 7);
  EXPECT_EQ(ProofBytes(open, opened.Serialize()), without);
  EXPECT_EQ(ProofBytes(*WithOneHopLess(open), opened.Serialize()), without);
  EXPECT_NE(TranscriptBytes(open, opened.Serialize()), without);
  opened.suite = 4;
  EXPECT_NE(ProofBytes(open, opened.Serialize()), without);
  opened.proof.pop_back();
  EXPECT_FALSE(OpenedBody::Parse(opened.Serialize()));
}

TEST(RekeyBody, ComesBackAndRejectsTruncation) {
  for (std::uint16_t suite : {2, 3}) {
    const SuiteTraits& traits = *FindSuite(suite);
    RekeyBody body{.x25519_share = Bytes(32, 4), .ml_kem_key = {}, .token = {1, 2}};
    RekeyAnswer answer{
        .share_answer = Bytes(suite == 2 ? 32 : 1120, 4), .proof = Bytes(48, 5), .token = {3}};
    if (suite == 3) body.ml_kem_key = Bytes(kMlKemKeySize, 5);
    const Bytes asked = body.Serialize(), answered = answer.Serialize();
    EXPECT_EQ(RekeyBody::Parse(traits, asked)->Serialize(), asked);
    EXPECT_EQ(RekeyAnswer::Parse(traits, answered)->Serialize(), answered);
    for (std::size_t size = 0; size < asked.size(); ++size)
      EXPECT_FALSE(RekeyBody::Parse(traits, ByteView(asked).first(size))) << size;
    for (std::size_t size = 0; size < answered.size(); ++size)
      EXPECT_FALSE(RekeyAnswer::Parse(traits, ByteView(answered).first(size))) << size;
  }
}

TEST(RekeyBody, IsBoundButForItsToken) {
  const Bytes exporter(32, 1);
  RekeyBody body{.x25519_share = Bytes(32, 4), .ml_kem_key = {}, .token = {1, 2}};
  const Bytes bound = RekeyShareBindingBytes(Epoch(1), exporter, body.Serialize());
  body.token = {9};
  EXPECT_EQ(RekeyShareBindingBytes(Epoch(1), exporter, body.Serialize()), bound);
  EXPECT_NE(RekeyShareBindingBytes(Epoch(2), exporter, body.Serialize()), bound);
  body.x25519_share[0] = 5;
  EXPECT_NE(RekeyShareBindingBytes(Epoch(1), exporter, body.Serialize()), bound);
}

}  // namespace
}  // namespace funnel::wire
