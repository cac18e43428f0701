#include "common/seal/aead_cipher.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/seal/key_schedule.h"

namespace funnel::seal {
namespace {

using wire::Role;

class AeadCipherTest : public testing::TestWithParam<Aead> {
 protected:
  std::unique_ptr<wire::FrameCipher> Make(Role role, ChannelId channel = ChannelId(7),
                                          Epoch epoch = Epoch(1)) const {
    return MakeAeadCipher({.aead = GetParam(),
                           .material = material_,
                           .our_role = role,
                           .channel = channel,
                           .epoch = epoch})
        .value();
  }
  static Bytes Seal(wire::FrameCipher& cipher, std::uint64_t sequence, ByteView plaintext) {
    Bytes sealed(plaintext.size() + cipher.Overhead());
    const ByteView pieces[] = {plaintext};
    EXPECT_TRUE(cipher.Seal(sequence, pieces, sealed));
    return sealed;
  }
  static Bytes Material() {
    Bytes material(kAeadMaterialSize);
    for (std::size_t i = 0; i < material.size(); ++i) material[i] = static_cast<std::uint8_t>(i);
    return material;
  }

  const Bytes material_ = Material();
  std::unique_ptr<wire::FrameCipher> initiator_ = Make(Role::kInitiator),
                                     acceptor_ = Make(Role::kAcceptor);
};

TEST_P(AeadCipherTest, OpensWhatTheOtherSideSealed) {
  std::uint64_t sequence = 0;
  for (std::size_t size : {0, 1, 15, 16, 17, 100, 1400, 16384, 65507}) {
    Bytes plaintext(size, 'x');
    Bytes there = Seal(*initiator_, sequence, plaintext),
          back = Seal(*acceptor_, sequence, plaintext);
    EXPECT_EQ(acceptor_->ClearSequence(there), sequence);
    EXPECT_TRUE(std::ranges::equal(acceptor_->Open(there).value(), plaintext)) << size;
    EXPECT_TRUE(std::ranges::equal(initiator_->Open(back).value(), plaintext)) << size;
    ++sequence;
  }
}

TEST_P(AeadCipherTest, IsAtMost24BytesLonger) { EXPECT_LE(initiator_->Overhead(), 24u); }

TEST_P(AeadCipherTest, OpensInAnyOrderAndAgain) {
  const Bytes first = Seal(*initiator_, 5, AsBytes("first")),
              second = Seal(*initiator_, 6, AsBytes("second"));
  for (const Bytes& one : {second, first, first}) {
    Bytes copy = one;
    EXPECT_TRUE(acceptor_->Open(copy));
  }
}

// If a nonce is used twice, it reveals the difference of both plaintexts, and GCM's authentication
// key.
TEST_P(AeadCipherTest, SealsNoSequenceTwice) {
  Bytes sealed(1 + initiator_->Overhead());
  const ByteView pieces[] = {AsBytes("x")};
  ASSERT_TRUE(initiator_->Seal(4, pieces, sealed));
  for (std::uint64_t used : {4, 3, 0}) EXPECT_FALSE(initiator_->Seal(used, pieces, sealed)) << used;
  EXPECT_TRUE(initiator_->Seal(5, pieces, sealed));
  EXPECT_FALSE(initiator_->Seal(std::uint64_t{1} << 48, pieces, sealed));
}

TEST_P(AeadCipherTest, RejectsAnyAlteredBit) {
  const Bytes sealed = Seal(*initiator_, 3, AsBytes("thirty-three bytes of plain text."));
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Bytes altered = sealed;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_FALSE(acceptor_->Open(altered)) << "bit " << bit;
  }
}

TEST_P(AeadCipherTest, RejectsEveryTruncationAndExtension) {
  const Bytes sealed = Seal(*initiator_, 3, AsBytes("plain text"));
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    Bytes cut(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(acceptor_->Open(cut)) << size;
  }
  Bytes longer = sealed;
  longer.push_back(0);
  EXPECT_FALSE(acceptor_->Open(longer));
}

TEST_P(AeadCipherTest, RejectsTheOtherDirectionAndAnotherChannelOrEpoch) {
  const Bytes sealed = Seal(*initiator_, 3, AsBytes("text"));
  const auto opens = [&sealed](wire::FrameCipher& cipher) {
    Bytes copy = sealed;
    return cipher.Open(copy).has_value();
  };
  EXPECT_TRUE(opens(*acceptor_));
  EXPECT_FALSE(opens(*initiator_));
  EXPECT_FALSE(opens(*Make(Role::kAcceptor, ChannelId(8))));
  EXPECT_FALSE(opens(*Make(Role::kAcceptor, ChannelId(7), Epoch(2))));
}

TEST_P(AeadCipherTest, LeavesNothingOfAForgedFrameToRead) {
  Bytes sealed = Seal(*initiator_, 3, Bytes(64, 'P'));
  sealed.back() ^= 1;
  EXPECT_FALSE(acceptor_->Open(sealed));
  EXPECT_EQ(AsText(sealed).find("PPPPPPPP"), std::string_view::npos);
}

TEST_P(AeadCipherTest, RefusesRoomAndKeysOfAnotherSize) {
  Bytes sealed(5 + initiator_->Overhead());
  const ByteView pieces[] = {AsBytes("abcd")};
  EXPECT_FALSE(initiator_->Seal(1, pieces, sealed));
  const Bytes short_material(kAeadMaterialSize - 1);
  EXPECT_FALSE(MakeAeadCipher({.aead = GetParam(),
                               .material = short_material,
                               .our_role = Role::kInitiator,
                               .channel = ChannelId(7),
                               .epoch = Epoch(1)}));
}

INSTANTIATE_TEST_SUITE_P(Both, AeadCipherTest,
                         testing::Values(Aead::kAes256Gcm, Aead::kChaCha20Poly1305));

}  // namespace
}  // namespace funnel::seal
