// What the radius module says about packets over UDP.
#include <gtest/gtest.h>

#include "tests/unit/modules/datagram_under_test.h"

namespace funnel::module {
namespace {

constexpr std::uint8_t kAccess = 1, kAccept = 2, kAccounting = 4;

Bytes Make(std::uint8_t code, std::uint8_t id = 7, char authenticator = 'a',
           const std::string& attributes =
               "\x01\x07"
               "alice") {
  ByteWriter out;
  out.U8(code).U8(id).U16(static_cast<std::uint16_t>(20 + attributes.size()));
  return out.Append(std::string(16, authenticator)).Append(attributes).Release();
}

TEST(RadiusDatagram, AccountingIsReliable) {
  const funnel_datagram account = ReadDatagram(FUNNEL_CLIENT, Make(kAccounting));
  EXPECT_EQ(account.delivery, std::uint32_t{FUNNEL_RELIABLE});
  EXPECT_EQ(account.lifetime_ms, 0u);
  EXPECT_EQ(account.number, 7u);
  EXPECT_EQ(ReadDatagram(FUNNEL_CLIENT, Make(kAccess)).delivery,
            std::uint32_t{FUNNEL_AS_CONFIGURED});
}

TEST(RadiusDatagram, ARepetitionHasCodeIdentifierAndAuthenticator) {
  const std::string key = KeyOf(FUNNEL_CLIENT, Make(kAccess));
  EXPECT_EQ(key.size(), 18u);
  EXPECT_EQ(KeyOf(FUNNEL_CLIENT, Make(kAccess, 7, 'a',
                                      "\x01\x05"
                                      "bob")),
            key);
  EXPECT_NE(KeyOf(FUNNEL_CLIENT, Make(kAccounting)), key);
  EXPECT_NE(KeyOf(FUNNEL_CLIENT, Make(kAccess, 8)), key);
  EXPECT_NE(KeyOf(FUNNEL_CLIENT, Make(kAccess, 7, 'b')), key);
  EXPECT_EQ(KeyOf(FUNNEL_SERVER, Make(kAccept)), "");
}

TEST(RadiusDatagram, RecognisesWholePacketsOfTheRightEnd) {
  EXPECT_TRUE(IsRecognisedOnlyWhole(FUNNEL_CLIENT, Make(kAccess)));
  EXPECT_EQ(LabelOf(FUNNEL_SERVER, Make(kAccess)), "");
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, Make(kAccept)), "");
  EXPECT_EQ(LabelOf(FUNNEL_SERVER, Make(kAccept)), "access accept");
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, Make(200)), "");
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, Make(kAccess, 7, 'a', "\x01\x01")), "");
}

TEST(RadiusDatagram, WhatFollowsThePacketIsPadding) {
  Bytes padded = Make(kAccess);
  padded.push_back(0);
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, padded), "access request");
}

}  // namespace
}  // namespace funnel::module
