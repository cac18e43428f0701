#include "common/gss/token_kind.h"

#include <gtest/gtest.h>

#include "common/base/text.h"
#include "common/gss/names.h"

namespace funnel::gss {
namespace {

// A frame that contains only the message's number.
const Bytes kApReqToken = HexDecode("600d06092a864886f7120102020100").value();
const Bytes kApRepToken = HexDecode("600d06092a864886f7120102020200").value();

TEST(TokenKindTest, TellsTheTwoMessagesApart) {
  EXPECT_TRUE(RequireKrb5Token(kApReqToken, TokenKind::kApReq));
  EXPECT_TRUE(RequireKrb5Token(kApRepToken, TokenKind::kApRep));
  EXPECT_FALSE(RequireKrb5Token(kApReqToken, TokenKind::kApRep));
  EXPECT_FALSE(RequireKrb5Token(kApRepToken, TokenKind::kApReq));
}

TEST(TokenKindTest, RefusesOtherMechanisms) {
  // SPNEGO, 1.3.6.1.5.5.2
  const Bytes spnego = HexDecode("600a06062b0601050502a000").value();
  EXPECT_FALSE(RequireKrb5Token(spnego, TokenKind::kApReq));
  EXPECT_FALSE(RequireKrb5Token(AsBytes("NTLMSSP"), TokenKind::kApReq));
}

TEST(TokenKindTest, RefusesEachAlteredByteTruncationAndExtension) {
  for (std::size_t at = 0; at < kApReqToken.size(); ++at) {
    Bytes altered = kApReqToken;
    altered[at] ^= 0x01;
    EXPECT_FALSE(RequireKrb5Token(altered, TokenKind::kApReq)) << at;
    EXPECT_FALSE(RequireKrb5Token(ByteView(kApReqToken).first(at), TokenKind::kApReq)) << at;
  }
  Bytes longer = kApReqToken;
  longer.push_back(0);
  EXPECT_FALSE(RequireKrb5Token(longer, TokenKind::kApReq));
}

TEST(TokenKindTest, TakesOnlyTheShortestLength) {
  EXPECT_FALSE(
      RequireKrb5Token(HexDecode("60810d06092a864886f7120102020100").value(), TokenKind::kApReq));
  EXPECT_FALSE(
      RequireKrb5Token(HexDecode("608006092a864886f71201020201000000").value(), TokenKind::kApReq));
}

TEST(NamesTest, KnowsAnonymousPrincipals) {
  EXPECT_TRUE(IsAnonymous("WELLKNOWN/ANONYMOUS@EXAMPLE.NET"));
  EXPECT_TRUE(IsAnonymous("WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS"));
  EXPECT_TRUE(IsAnonymous("someone@WELLKNOWN:ANONYMOUS"));
  EXPECT_FALSE(IsAnonymous("dns/a@EXAMPLE.NET"));
}

}  // namespace
}  // namespace funnel::gss
