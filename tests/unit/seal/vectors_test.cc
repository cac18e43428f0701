// Test vectors of RFC 3961 appendix A, RFC 3962 appendix B, RFC 8009 appendix A.
#include <gtest/gtest.h>

#include "common/base/text.h"
#include "common/seal/aes_cts.h"
#include "common/seal/hmac.h"
#include "common/seal/key_derivation.h"
#include "common/seal/sha256.h"

namespace funnel::seal {
namespace {

Bytes Hex(std::string text) {
  std::erase(text, ' ');
  return HexDecode(text).value();
}
std::string Print(ByteView bytes) { return HexEncode(bytes); }

std::string EncryptCts(ByteView key, Bytes bytes) {
  auto encryptor = AesCtsEncryptor::Make(key);
  EXPECT_TRUE(encryptor && encryptor->EncryptInPlace(bytes));
  return Print(bytes);
}
std::string DecryptCts(ByteView key, Bytes bytes) {
  auto decryptor = AesCtsDecryptor::Make(key);
  EXPECT_TRUE(decryptor && decryptor->DecryptInPlace(bytes));
  return Print(bytes);
}

TEST(NFoldTest, FoldsAsRfc3961) {
  EXPECT_EQ(Print(NFold(AsBytes("012345"), 8)), "be072631276b1955");
  EXPECT_EQ(Print(NFold(AsBytes("password"), 7)), "78a07b6caf85fa");
  EXPECT_EQ(Print(NFold(AsBytes("Rough Consensus, and Running Code"), 8)), "bb6ed30870b7f0e0");
  EXPECT_EQ(Print(NFold(AsBytes("kerberos"), 8)), "6b65726265726f73");
  EXPECT_EQ(Print(NFold(AsBytes("kerberos"), 16)), "6b65726265726f737b9b5b2b93132b93");
  EXPECT_EQ(Print(NFold(AsBytes("kerberos"), 21)), "8372c236344e5f1550cd0747e15d62ca7a5a3bcea4");
}

// RFC 3962 appendix B: one key, zero IV, lengths around the blocks.
TEST(AesCtsTest, EncryptsAsRfc3962) {
  const Bytes key = Hex("63 68 69 63 6b 65 6e 20 74 65 72 69 79 61 6b 69");
  const std::string text = "I would like the General Gau's Chicken, please, and wonton soup.";
  const std::pair<std::size_t, std::string> vectors[] = {
      {17, "c6353568f2bf8cb4d8a580362da7ff7f97"},
      {31, "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5"},
      {32, "39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584"},
      {47,
       "97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98"
       "ebf5"},
      {48,
       "97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd839312523a78662d5be7fcbcc98"
       "ebf5a8"},
      {64,
       "97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a84807efe836ee89a526730dbc2f"
       "7bc8409dad8bbb96c4cdc03bc103e1a194bbd8"}};

  for (const auto& [size, expected] : vectors) {
    const Bytes plaintext(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(EncryptCts(key, plaintext), expected) << size;
    EXPECT_EQ(DecryptCts(key, Hex(expected)), Print(plaintext)) << size;
  }
}

TEST(AesCtsTest, RefusesLessThanABlock) {
  auto encryptor = AesCtsEncryptor::Make(Bytes(16));
  Bytes short_text(15);
  EXPECT_FALSE(encryptor->EncryptInPlace(short_text));
  EXPECT_FALSE(AesCtsEncryptor::Make(Bytes(24)));
}

struct DerivationVector {
  Enctype enctype;
  std::string base;
  std::uint32_t usage;
  KeyPurpose purpose;
  std::string derived;
};

// RFC 8009 appendix A, "Sample results for key derivation"; the SHA-1 ones as in MIT's t_derive.c.
TEST(KeyDerivationTest, DerivesAsTheRfcs) {
  const std::string k256 = "37 05 D9 60 80 C1 77 28 A0 E8 00 EA B6 E0 D2 3C";
  const std::string k384 =
      "6D 40 4D 37 FA F7 9F 9D F0 D3 35 68 D3 20 66 98 00 EB 48 36 47 2E A8 A0 26 D1 6B 71 82 46 "
      "0C 52";
  const std::string k128 = "42 26 3C 6E 89 F4 FC 28 B8 DF 68 EE 09 79 9F 15";
  const std::string k256sha1 =
      "FE 69 7B 52 BC 0D 3C E1 44 32 BA 03 6A 92 E6 5B BB 52 28 09 90 A2 FA 27 88 39 98 D7 2A F3 "
      "01 61";

  const DerivationVector vectors[] = {
      {Enctype::kAes128Sha256, k256, 2, KeyPurpose::kChecksum, "b31a018a48f54776f403e9a396325dc3"},
      {Enctype::kAes128Sha256, k256, 2, KeyPurpose::kEncryption,
       "9b197dd1e8c5609d6e67c3e37c62c72e"},
      {Enctype::kAes128Sha256, k256, 2, KeyPurpose::kIntegrity, "9fda0e56ab2d85e1569a688696c26a6c"},
      {Enctype::kAes256Sha384, k384, 2, KeyPurpose::kChecksum,
       "ef5718be86cc84963d8bbb5031e9f5c4ba41f28faf69e73d"},
      {Enctype::kAes256Sha384, k384, 2, KeyPurpose::kEncryption,
       "56ab22bee63d82d7bc5227f6773f8ea7a5eb1c825160c38312980c442e5c7e49"},
      {Enctype::kAes256Sha384, k384, 2, KeyPurpose::kIntegrity,
       "69b16514e3cd8e56b82010d5c73012b622c4d00ffc23ed1f"},
      {Enctype::kAes128Sha1, k128, 2, KeyPurpose::kChecksum, "34280a382bc92769b2da2f9ef066854b"},
      {Enctype::kAes128Sha1, k128, 2, KeyPurpose::kEncryption, "5b14fc4e250e14ddf9dccf1af6674f53"},
      {Enctype::kAes128Sha1, k128, 2, KeyPurpose::kIntegrity, "4ed31063621684f09ae8d89991af3e8f"},
      {Enctype::kAes256Sha1, k256sha1, 2, KeyPurpose::kChecksum,
       "bfab388bdcb238e9f9c98d6a878304f04d30c82556375ac507a7a852790f4674"},
      {Enctype::kAes256Sha1, k256sha1, 2, KeyPurpose::kEncryption,
       "c7cfd9cd75fe793a586a542d87e0d1396f1134a104bb1a9190b8c90ada3ddf37"},
      {Enctype::kAes256Sha1, k256sha1, 2, KeyPurpose::kIntegrity,
       "97151b4c76945063e2eb0529dc067d97d7bba90776d8126d91f34f3101aea8ba"}};

  for (const auto& vector : vectors) {
    auto key = DeriveKey(vector.enctype, Hex(vector.base), vector.usage, vector.purpose);
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(Print(key->view()), vector.derived) << static_cast<int>(vector.enctype);
  }
}

TEST(KeyDerivationTest, RefusesAKeyOfTheWrongSize) {
  EXPECT_FALSE(DeriveKey(Enctype::kAes256Sha384, Bytes(16), 22, KeyPurpose::kEncryption));
  EXPECT_FALSE(DeriveKey(Enctype::kAes128Sha1, Bytes(32), 22, KeyPurpose::kIntegrity));
}

// RFC 8009 appendix A, "Sample encryptions": the confounder leads the plaintext.
TEST(Rfc8009Test, EncryptsAndSignsAsTheAppendix) {
  struct {
    Enctype enctype;
    std::string base, plaintext, ciphertext;
  } const vectors[] = {
      {Enctype::kAes128Sha256, "3705D96080C17728A0E800EAB6E0D23C",
       "7E5895EAF2672435BAD817F545A37148",
       "EF85FB890BB8472F4DAB20394DCA781DAD877EDA39D50C870C0D5A0"
       "A8E48C718"},
      {Enctype::kAes128Sha256, "3705D96080C17728A0E800EAB6E0D23C",
       "7BCA285E2FD4130FB55B1A5C83BC5B24000102030405",
       "84D7F30754ED987BAB0BF3506BEB09CFB55402CEF7E6877CE99E247E52D16ED4421DFDF8976C"},
      {Enctype::kAes128Sha256, "3705D96080C17728A0E800EAB6E0D23C",
       "56AB21713FF62C0A1457200F6FA9948F000102030405060708090A0B0C0D0E0F",
       "3517D640F50DDC8AD3628722B3569D2AE07493FA8263254080EA65C1008E8FC295FB4852E7D83E1E7C48C37EEBE"
       "6B0D3"},
      {Enctype::kAes256Sha384, "6D404D37FAF79F9DF0D33568D320669800EB4836472EA8A026D16B7182460C52",
       "F764E9FA15C276478B2C7D0C4E5F58E4",
       "41F53FA5BFE7026D91FAF9BE959195A058707273A96A40F0A01960621AC612748B9BBFBE7EB4CE3C"},
      {Enctype::kAes256Sha384, "6D404D37FAF79F9DF0D33568D320669800EB4836472EA8A026D16B7182460C52",
       "B80D3251C1F6471494256FFE712D0B9A000102030405",
       "4ED7B37C2BCAC8F74F23C1CF07E62BC7B75FB3F637B9F559C7F664F69EAB7B6092237526EA0D1F61CB20D69D10F"
       "2"},
  };

  for (const auto& vector : vectors) {
    const EnctypeTraits& traits = TraitsOf(vector.enctype);
    auto encryption = DeriveKey(vector.enctype, Hex(vector.base), 2, KeyPurpose::kEncryption);
    auto integrity = DeriveKey(vector.enctype, Hex(vector.base), 2, KeyPurpose::kIntegrity);

    Bytes token = Hex(vector.plaintext);
    const std::size_t body = token.size();
    auto encryptor = AesCtsEncryptor::Make(encryption->view());
    ASSERT_TRUE(encryptor->EncryptInPlace(token));
    token.resize(body + traits.mac_bytes);
    Hmac::Make(traits.hash, integrity->view(), Bytes(16))
        ->Sign(ByteView(token).first(body), MutableByteView(token).last(traits.mac_bytes));
    EXPECT_EQ(Print(token), Print(Hex(vector.ciphertext)));
  }
}

TEST(HmacTest, SignsAsRfc2202AndRfc4231) {
  Bytes sha1(20), sha256(32), sha384(48);
  using Hash = EnctypeTraits::Hash;
  const ByteView message = AsBytes("what do ya want for nothing?");
  Hmac::Make(Hash::kSha1, AsBytes("Jefe"))->Sign(message, sha1);
  EXPECT_EQ(Print(sha1), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  Hmac::Make(Hash::kSha256, AsBytes("Jefe"))->Sign(message, sha256);
  EXPECT_EQ(Print(sha256), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  Hmac::Make(Hash::kSha384, AsBytes("Jefe"))->Sign(message, sha384);
  EXPECT_EQ(Print(sha384),
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239"
            "ecfab21649");
  // A key longer than a block is hashed first (RFC 4231, case 6).
  Hmac::Make(Hash::kSha256, Bytes(131, 0xAA))
      ->Sign(AsBytes("Test Using Larger Than Block-Size Key - Hash Key First"), sha256);
  EXPECT_EQ(Print(sha256), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Sha256Test, HashesAsFips180) {
  EXPECT_EQ(Print(Sha256(AsBytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace funnel::seal
