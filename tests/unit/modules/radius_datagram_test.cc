// What the radius module says about packets over UDP.
#include <gtest/gtest.h>

#include "tests/unit/modules/datagram_under_test.h"
#include "tests/unit/modules/radius_codes.h"

namespace funnel::module {
namespace {

Bytes MakeDatagram(Code code, std::uint8_t id = 7, char authenticator = 'a',
                   const std::string& attributes =
                       "\x01\x07"
                       "alice") {
  ByteWriter out;
  out.U8(code).U8(id).U16(static_cast<std::uint16_t>(20 + attributes.size()));
  return out.Append(std::string(16, authenticator)).Append(attributes).Release();
}

TEST(RadiusDatagram, AccountingIsReliable) {
  const funnel_datagram account = ReadDatagram(FUNNEL_CLIENT, MakeDatagram(kAccounting));
  EXPECT_EQ(account.delivery, std::uint32_t{FUNNEL_RELIABLE});
  EXPECT_EQ(account.lifetime_ms, 0u);
  EXPECT_EQ(account.number, 7u);
  EXPECT_EQ(ReadDatagram(FUNNEL_CLIENT, MakeDatagram(kAccess)).delivery,
            std::uint32_t{FUNNEL_AS_CONFIGURED});
}

TEST(RadiusDatagram, ARepetitionHasCodeIdentifierAndAuthenticator) {
  const std::string key = KeyOf(FUNNEL_CLIENT, MakeDatagram(kAccess));
  EXPECT_EQ(key.size(), 18u);
  EXPECT_EQ(KeyOf(FUNNEL_CLIENT, MakeDatagram(kAccess, 7, 'a',
                                              "\x01\x05"
                                              "bob")),
            key);
  EXPECT_NE(KeyOf(FUNNEL_CLIENT, MakeDatagram(kAccounting)), key);
  EXPECT_NE(KeyOf(FUNNEL_CLIENT, MakeDatagram(kAccess, 8)), key);
  EXPECT_NE(KeyOf(FUNNEL_CLIENT, MakeDatagram(kAccess, 7, 'b')), key);
  EXPECT_EQ(KeyOf(FUNNEL_SERVER, MakeDatagram(kAccept)), "");
}

TEST(RadiusDatagram, RecognisesWholePacketsOfTheRightEnd) {
  EXPECT_TRUE(IsRecognisedOnlyWhole(FUNNEL_CLIENT, MakeDatagram(kAccess)));
  EXPECT_EQ(LabelOf(FUNNEL_SERVER, MakeDatagram(kAccess)), "");
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, MakeDatagram(kAccept)), "");
  EXPECT_EQ(LabelOf(FUNNEL_SERVER, MakeDatagram(kAccept)), "access accept");
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, MakeDatagram(Code{200})), "");
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, MakeDatagram(kAccess, 7, 'a', "\x01\x01")), "");
}

TEST(RadiusDatagram, WhatFollowsThePacketIsPadding) {
  Bytes padded = MakeDatagram(kAccess);
  padded.push_back(0);
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, padded), "access request");
}

}  // namespace
}  // namespace funnel::module
