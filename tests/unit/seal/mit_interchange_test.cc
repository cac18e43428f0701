// Our tokens through MIT's gss_unwrap(), and gss_wrap()'s tokens through our code, on contexts from
// a real KDC, for every enctype and direction.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "common/seal/token_cipher.h"
#include "tests/unit/gss/mit_context.h"
#include "tests/unit/gss/test_realm.h"

namespace funnel::seal {
namespace {

using test::MitPair;
using test::MitUnwrap;
using test::MitWrap;
using test::TestRealm;
using wire::Role;

constexpr Enctype kAll[] = {Enctype::kAes128Sha1, Enctype::kAes256Sha1, Enctype::kAes128Sha256,
                            Enctype::kAes256Sha384};

class MitInterchangeTest : public testing::TestWithParam<Enctype> {
 protected:
  static void SetUpTestSuite() {
    realm_ = std::make_unique<TestRealm>();
    for (Enctype enctype : kAll) {
      // A ticket uses the service's first key, which the acceptor must allow: so each has one key.
      const std::string kind(TraitsOf(enctype).name);
      for (const auto& name : {Client(enctype), Server(enctype)})
        realm_->Admin({"addprinc -randkey -e " + kind + ":normal " + name});
      realm_->Keytab("keytab", {Client(enctype), Server(enctype)});
    }
  }
  static std::string Client(Enctype enctype) {
    return realm_->At("client/" + std::to_string(static_cast<int>(enctype)));
  }
  static std::string Server(Enctype enctype) {
    return realm_->At("dns/" + std::to_string(static_cast<int>(enctype)));
  }
  static void TearDownTestSuite() { realm_.reset(); }

  void SetUp() override {
    realm_->SetClientEnctypes(std::string(TraitsOf(GetParam()).name));
    mit_ =
        std::make_unique<MitPair>(realm_->Path("keytab"), Client(GetParam()), Server(GetParam()));
    ASSERT_EQ(mit_->enctype(), static_cast<int>(GetParam()));
    initiator_ = MakeTokenCipher(GetParam(), mit_->subkey(), Role::kInitiator).value();
    acceptor_ = MakeTokenCipher(GetParam(), mit_->subkey(), Role::kAcceptor).value();
  }

  static Bytes Plaintext(std::size_t size) {
    Bytes plaintext(size);
    for (std::size_t i = 0; i < size; ++i) plaintext[i] = static_cast<std::uint8_t>(i * 31 + size);
    return plaintext;
  }
  static void ExpectOpens(wire::FrameCipher& ours, Bytes token, const Bytes& plaintext) {
    auto opened = ours.Open(token);
    ASSERT_TRUE(opened) << plaintext.size() << ": " << opened.error().message;
    EXPECT_TRUE(std::ranges::equal(*opened, plaintext)) << plaintext.size();
  }
  Bytes Seal(wire::FrameCipher& ours, const Bytes& plaintext) {
    Bytes token(plaintext.size() + ours.Overhead());
    const ByteView pieces[] = {plaintext};
    EXPECT_TRUE(ours.Seal(sequence_++, pieces, token));
    return token;
  }
  void ExchangeBothWays(std::size_t size) {
    const Bytes plaintext = Plaintext(size);
    ExpectOpens(*acceptor_, MitWrap(mit_->initiator(), plaintext), plaintext);
    ExpectOpens(*initiator_, MitWrap(mit_->acceptor(), plaintext), plaintext);
    EXPECT_EQ(MitUnwrap(mit_->acceptor(), Seal(*initiator_, plaintext)), plaintext) << size;
    EXPECT_EQ(MitUnwrap(mit_->initiator(), Seal(*acceptor_, plaintext)), plaintext) << size;
  }

  static std::unique_ptr<TestRealm> realm_;
  std::unique_ptr<MitPair> mit_;
  std::unique_ptr<wire::FrameCipher> initiator_, acceptor_;
  std::uint64_t sequence_ = 0;
};

std::unique_ptr<TestRealm> MitInterchangeTest::realm_;

TEST_P(MitInterchangeTest, EverySizeUpTo200) {
  for (std::size_t size = 0; size <= 200; ++size) ExchangeBothWays(size);
}

TEST_P(MitInterchangeTest, BigSizes) {
  for (std::size_t size : {1400, 4095, 4096, 16384, 65507, 262144}) ExchangeBothWays(size);
}

TEST_P(MitInterchangeTest, MitRejectsOursWhenAltered) {
  const Bytes token = Seal(*initiator_, Plaintext(40));
  for (std::size_t at : {0, 2, 5, 8, 16, 40, 70, 90}) {
    Bytes altered = token;
    altered[at] ^= 1;
    EXPECT_ANY_THROW(static_cast<void>(MitUnwrap(mit_->acceptor(), altered))) << at;
  }
}

INSTANTIATE_TEST_SUITE_P(AllEnctypes, MitInterchangeTest, testing::ValuesIn(kAll));

}  // namespace
}  // namespace funnel::seal
