// The first vectors are those of RFC 5997, section 6; the others were made with Python's hashlib.
#include "common/service/backend/radius_status.h"

#include <gtest/gtest.h>

#include "common/base/text.h"

namespace funnel::service {
namespace {

const ByteView kSecret = AsBytes("xyzzy5461");
constexpr std::string_view kAsked =
    "0cda00268a54f4686fb394c52866e302185d062350125a665e2e1e8411f3e243822097c84fa3";
constexpr std::string_view kAskedForAccounting =
    "0cb30026925f6b66dd5fed571fcb1db7ad3882605012e8d6eabda910875cd91fdade26367858";
constexpr std::string_view kAccept = "02da0014ef0d552a4bf2d693ec2b6fe8b5411d66";

Bytes FromHex(std::string_view hex) { return *HexDecode(hex); }

// Asks anew with what REQUEST, in hexadecimal digits, has at random.
std::string Again(std::string_view request, ByteView secret) {
  const Bytes raw = FromHex(request);
  std::array<std::uint8_t, kRadiusRandomSize> random;
  random[0] = raw[1];
  std::copy_n(raw.begin() + 4, random.size() - 1, random.begin() + 1);
  return HexEncode(RadiusStatusRequest(secret, random));
}

Result<RadiusVerdict> Judge(ByteView answer, ByteView secret = kSecret) {
  return JudgeRadiusStatus(FromHex(kAsked), answer, secret);
}

std::string FaultOf(std::string_view answer) {
  const auto verdict = Judge(FromHex(answer));
  return verdict ? "none" : verdict.error().message;
}

TEST(RadiusStatusTest, AsksAsTheRfcHasIt) {
  EXPECT_EQ(Again(kAsked, kSecret), kAsked);
  EXPECT_EQ(Again(kAskedForAccounting, kSecret), kAskedForAccounting);
}

TEST(RadiusStatusTest, SignsWithASecretLongerThanABlock) {
  Bytes secret(100);
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(Again("0cda0026101112131415161718191a1b1c1d1e1f", secret),
            "0cda0026101112131415161718191a1b1c1d1e1f50125aa373a4ba0fb3a77fd81ec15eccce70");
}

TEST(RadiusStatusTest, TakesTheAnswersOfBothPorts) {
  EXPECT_EQ(*Judge(FromHex(kAccept)), RadiusVerdict::kWorks);
  EXPECT_EQ(*JudgeRadiusStatus(FromHex(kAskedForAccounting),
                               FromHex("05b300140f6f92145f107e2f504e860a4860669c"), kSecret),
            RadiusVerdict::kWorks);
}

TEST(RadiusStatusTest, IgnoresPadding) {
  Bytes padded = FromHex(kAccept);
  padded.push_back(0);
  EXPECT_EQ(*Judge(padded), RadiusVerdict::kWorks);
}

TEST(RadiusStatusTest, VerifiesAMessageAuthenticatorWhereThereIsOne) {
  EXPECT_EQ(FaultOf("02da002d9934f71252409d700472eb074e9dcea4"
                    "12046f6b"
                    "50120219168956cfc8b4c01f7bf404e7eef3"
                    "210370"),
            "none");
  EXPECT_EQ(FaultOf("02da002d919cdd283963492bbc22d0fd12f86275"
                    "12046f6b"
                    "50120319168956cfc8b4c01f7bf404e7eef3"
                    "210370"),
            "the answer's Message-Authenticator is wrong");
  EXPECT_EQ(FaultOf("02da00185a7c6dd1fa8a9a03cc64c8a6a973a35950046162"),
            "the answer's Message-Authenticator is malformed");
}

TEST(RadiusStatusTest, SaysWhatIsWrongWithAnAnswer) {
  EXPECT_EQ(FaultOf("02da0014076e74064ab4c38669a203ec70768971"),
            "the answer is not signed with the secret of check-secret-file");
  EXPECT_EQ(FaultOf("03da0014a9ca95b0d8ecd506c7309eabeeca3ea8"), "the answer has code 3");
  for (const std::string_view cut : {"02da0016c4c37a60bf860caa5c69dc1fc5c883491200",
                                     "02da001797ccca6b741a31d79c92b2ffbdbf7e7d120561",
                                     "02da0015364219c36bb3680cfb0be951d38352d212"})
    EXPECT_EQ(FaultOf(cut), "the answer's attributes are malformed") << cut;
}

TEST(RadiusStatusTest, IgnoresWhatAnswersAnotherRequestOrIsCut) {
  Bytes other = FromHex(kAccept);
  other[1] ^= 1;
  EXPECT_EQ(*Judge(other), RadiusVerdict::kOther);
  const Bytes whole = FromHex(kAccept);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(*Judge(ByteView(whole).first(size)), RadiusVerdict::kOther) << size;
  for (const std::string_view length : {"0013", "1001"}) {
    Bytes wrong = whole;
    const Bytes written = FromHex(length);
    std::copy(written.begin(), written.end(), wrong.begin() + 2);
    wrong.resize(5000);
    EXPECT_EQ(*Judge(wrong), RadiusVerdict::kOther) << length;
  }
}

}  // namespace
}  // namespace funnel::service
