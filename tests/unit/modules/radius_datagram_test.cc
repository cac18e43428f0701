// What the radius module says about packets over UDP.
#include <gtest/gtest.h>

#include "tests/unit/modules/datagram_under_test.h"

namespace funnel::module {
namespace {

constexpr std::uint8_t kAccessRequest = 1, kAccessAccept = 2, kAccountingRequest = 4;

Bytes MakeDatagram(std::uint8_t code, std::uint8_t id = 7, char authenticator = 'a',
                   const std::string& attributes =
                       "\x01\x07"
                       "alice") {
  ByteWriter out;
  out.U8(code).U8(id).U16(static_cast<std::uint16_t>(20 + attributes.size()));
  return out.Append(std::string(16, authenticator)).Append(attributes).Release();
}

TEST(RadiusDatagram, AccountingIsReliable) {
  const funnel_datagram account = ReadDatagram(FUNNEL_CLIENT, MakeDatagram(kAccountingRequest));
  EXPECT_EQ(account.delivery, std::uint32_t{FUNNEL_RELIABLE});
  EXPECT_EQ(account.lifetime_ms, 0u);
  EXPECT_EQ(account.number, 7u);
  EXPECT_EQ(ReadDatagram(FUNNEL_CLIENT, MakeDatagram(kAccessRequest)).delivery,
            std::uint32_t{FUNNEL_AS_CONFIGURED});
}

TEST(RadiusDatagram, ARepetitionHasCodeIdentifierAndAuthenticator) {
  const std::string key = KeyOf(FUNNEL_CLIENT, MakeDatagram(kAccessRequest));
  EXPECT_EQ(key.size(), 18u);
  EXPECT_EQ(KeyOf(FUNNEL_CLIENT, MakeDatagram(kAccessRequest, 7, 'a',
                                              "\x01\x05"
                                              "bob")),
            key);
  EXPECT_NE(KeyOf(FUNNEL_CLIENT, MakeDatagram(kAccountingRequest)), key);
  EXPECT_NE(KeyOf(FUNNEL_CLIENT, MakeDatagram(kAccessRequest, 8)), key);
  EXPECT_NE(KeyOf(FUNNEL_CLIENT, MakeDatagram(kAccessRequest, 7, 'b')), key);
  EXPECT_EQ(KeyOf(FUNNEL_SERVER, MakeDatagram(kAccessAccept)), "");
}

TEST(RadiusDatagram, RecognisesWholePacketsOfTheRightEnd) {
  EXPECT_TRUE(IsRecognisedOnlyWhole(FUNNEL_CLIENT, MakeDatagram(kAccessRequest)));
  EXPECT_EQ(LabelOf(FUNNEL_SERVER, MakeDatagram(kAccessRequest)), "");
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, MakeDatagram(kAccessAccept)), "");
  EXPECT_EQ(LabelOf(FUNNEL_SERVER, MakeDatagram(kAccessAccept)), "access accept");
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, MakeDatagram(200)), "");
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, MakeDatagram(kAccessRequest, 7, 'a', "\x01\x01")), "");
}

TEST(RadiusDatagram, WhatFollowsThePacketIsPadding) {
  Bytes padded = MakeDatagram(kAccessRequest);
  padded.push_back(0);
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, padded), "access request");
}

}  // namespace
}  // namespace funnel::module
