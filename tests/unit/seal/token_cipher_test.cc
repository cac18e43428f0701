#include "common/seal/token_cipher.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/seal/derive.h"

namespace funnel::seal {
namespace {

using wire::Role;

class TokenCipherTest : public testing::TestWithParam<Enctype> {
 protected:
  void SetUp() override {
    initiator_ = MakeTokenCipher(GetParam(), subkey_, Role::kInitiator).value();
    acceptor_ = MakeTokenCipher(GetParam(), subkey_, Role::kAcceptor).value();
  }

  static Bytes Seal(wire::FrameCipher& cipher, ByteView plaintext, std::uint64_t sequence = 7) {
    Bytes token(plaintext.size() + cipher.Overhead());
    const ByteView pieces[] = {plaintext};
    EXPECT_TRUE(cipher.Seal(sequence, pieces, token));
    return token;
  }

  const Bytes subkey_ = Bytes(TraitsOf(GetParam()).key_bytes, 0x5A);
  std::unique_ptr<wire::FrameCipher> initiator_, acceptor_;
};

TEST_P(TokenCipherTest, OpensWhatTheOtherSideSealed) {
  for (std::size_t size : {0, 1, 15, 16, 17, 31, 32, 100, 1400, 16384, 65507}) {
    Bytes plaintext(size);
    for (std::size_t i = 0; i < size; ++i) plaintext[i] = static_cast<std::uint8_t>(i * 7);
    Bytes there = Seal(*initiator_, plaintext);
    Bytes back = Seal(*acceptor_, plaintext);
    auto opened_there = acceptor_->Open(there);
    auto opened_back = initiator_->Open(back);
    ASSERT_TRUE(opened_there && opened_back) << size;
    EXPECT_TRUE(std::ranges::equal(*opened_there, plaintext));
    EXPECT_TRUE(std::ranges::equal(*opened_back, plaintext));
  }
}

TEST_P(TokenCipherTest, SealsThePiecesAsOne) {
  Bytes token(5 + initiator_->Overhead());
  const ByteView pieces[] = {AsBytes("ab"), AsBytes(""), AsBytes("cde")};
  ASSERT_TRUE(initiator_->Seal(1, pieces, token));
  EXPECT_EQ(AsText(acceptor_->Open(token).value()), "abcde");
}

TEST_P(TokenCipherTest, RefusesRoomOfAnotherSize) {
  Bytes token(5 + initiator_->Overhead());
  const ByteView pieces[] = {AsBytes("abcd")};
  EXPECT_FALSE(initiator_->Seal(1, pieces, token));
}

TEST_P(TokenCipherTest, WritesTheSequenceInTheClear) {
  const Bytes token = Seal(*initiator_, AsBytes("x"), 0x0102030405060708);
  EXPECT_EQ(LoadBigEndian<8>(&token[8]), 0x0102030405060708u);
}

TEST_P(TokenCipherTest, SealsTheSameTextDifferentlyEachTime) {
  EXPECT_NE(Seal(*initiator_, AsBytes("same")), Seal(*initiator_, AsBytes("same")));
}

TEST_P(TokenCipherTest, RejectsAnyAlteredBit) {
  const Bytes token = Seal(*initiator_, AsBytes("thirty-three bytes of plain text."));
  for (std::size_t bit = 0; bit < token.size() * 8; ++bit) {
    Bytes altered = token;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_FALSE(acceptor_->Open(altered)) << "bit " << bit;
  }
}

TEST_P(TokenCipherTest, RejectsEveryTruncationAndExtension) {
  const Bytes token = Seal(*initiator_, AsBytes("plain text"));
  for (std::size_t size = 0; size < token.size(); ++size) {
    Bytes cut(token.begin(), token.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(acceptor_->Open(cut)) << size;
  }
  Bytes longer = token;
  longer.push_back(0);
  EXPECT_FALSE(acceptor_->Open(longer));
}

TEST_P(TokenCipherTest, RejectsATokenSentBackToItsSender) {
  Bytes token = Seal(*initiator_, AsBytes("echo"));
  EXPECT_FALSE(initiator_->Open(token));
  // With the direction flag inverted it still fails, because each direction has its own keys.
  Bytes turned = Seal(*initiator_, AsBytes("echo"));
  turned[2] ^= 1;
  EXPECT_FALSE(initiator_->Open(turned));
}

TEST_P(TokenCipherTest, RejectsATokenOfAnotherKey) {
  const Bytes other_key(subkey_.size(), 0x5B);
  auto other = MakeTokenCipher(GetParam(), other_key, Role::kAcceptor).value();
  Bytes token = Seal(*initiator_, AsBytes("text"));
  EXPECT_FALSE(other->Open(token));
}

// A rotated token (RFC 4121 section 4.2.5) has the same meaning, but gss_wrap never makes one.
TEST_P(TokenCipherTest, RejectsARotatedToken) {
  Bytes token = Seal(*initiator_, AsBytes("text"));
  std::rotate(token.begin() + 16, token.end() - 5, token.end());
  token[7] = 5;
  EXPECT_FALSE(acceptor_->Open(token));
}

TEST_P(TokenCipherTest, LeavesNothingOfAForgedTokenToRead) {
  const std::string plaintext(64, 'P');
  Bytes token = Seal(*initiator_, AsBytes(plaintext));
  token.back() ^= 1;
  EXPECT_FALSE(acceptor_->Open(token));
  EXPECT_EQ(AsText(token).find("PPPPPPPP"), std::string_view::npos);
}

TEST_P(TokenCipherTest, RefusesASubkeyOfAnotherSize) {
  EXPECT_FALSE(MakeTokenCipher(GetParam(), Bytes(24), Role::kInitiator));
  EXPECT_FALSE(MakeTokenCipher(GetParam(), Bytes(), Role::kInitiator));
}

TEST_P(TokenCipherTest, OverheadIsWhatTokenOverheadSays) {
  EXPECT_EQ(initiator_->Overhead(), TokenOverhead(GetParam()));
  EXPECT_EQ(TokenOverhead(Enctype::kAes256Sha384), 72u);
  EXPECT_EQ(TokenOverhead(Enctype::kAes128Sha256), 64u);
  EXPECT_EQ(TokenOverhead(Enctype::kAes256Sha1), 60u);
}

INSTANTIATE_TEST_SUITE_P(AllEnctypes, TokenCipherTest,
                         testing::Values(Enctype::kAes128Sha1, Enctype::kAes256Sha1,
                                         Enctype::kAes128Sha256, Enctype::kAes256Sha384));

TEST(EnctypeTest, KnowsTheFourAesOnesOnly) {
  for (int number : {17, 18, 19, 20}) EXPECT_TRUE(EnctypeFromNumber(number));
  for (int number : {-1, 0, 3, 16, 21, 23, 26, 65553}) EXPECT_FALSE(EnctypeFromNumber(number));
}

TEST(DeriveSecretTest, DependsOnKeyLabelAndEnctype) {
  const Bytes key(32, 1), other_key(32, 2);
  const Secret base = DeriveSecret(Enctype::kAes256Sha384, key, kExporterLabel);
  auto same = [&](const Secret& other) { return std::ranges::equal(base.view(), other.view()); };
  EXPECT_EQ(base.size(), kExporterSize);
  EXPECT_TRUE(same(DeriveSecret(Enctype::kAes256Sha384, key, kExporterLabel)));
  EXPECT_FALSE(same(DeriveSecret(Enctype::kAes256Sha1, key, kExporterLabel)));
  EXPECT_FALSE(same(DeriveSecret(Enctype::kAes256Sha384, other_key, kExporterLabel)));
  EXPECT_FALSE(same(DeriveSecret(Enctype::kAes256Sha384, key, "another label")));
}

}  // namespace
}  // namespace funnel::seal
