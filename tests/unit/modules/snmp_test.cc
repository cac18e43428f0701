// What the snmp module says about messages.
#include <gtest/gtest.h>

#include "tests/unit/modules/datagram_under_test.h"

namespace funnel::module {
namespace {

enum Tag : std::uint8_t {
  kGet = 0xA0,
  kResponse = 0xA2,
  kSet = 0xA3,
  kOldTrap = 0xA4,
  kGetBulk = 0xA5,
  kInform = 0xA6,
  kTrap = 0xA7
};

std::string Tlv(std::uint8_t tag, const std::string& content) {
  return std::string{static_cast<char>(tag), static_cast<char>(content.size())} + content;
}
std::string Number(char value) { return Tlv(0x02, {value}); }
std::string Pdu(Tag tag) { return Tlv(tag, Number(9) + Number(0) + Number(0) + Tlv(0x30, "")); }
std::string Plain(Tag tag, char version = 1) {
  return Tlv(0x30, Number(version) + Tlv(0x04, "public") + Pdu(tag));
}
std::string Version3(char flags, const std::string& data) {
  const std::string global =
      Number(1) + Tlv(0x02, std::string("\x05\xdc", 2)) + Tlv(0x04, {flags}) + Number(3);
  return Tlv(0x30, Number(3) + Tlv(0x30, global) + Tlv(0x04, "parameters") + data);
}
std::string Scoped(Tag tag) { return Tlv(0x30, Tlv(0x04, "engine") + Tlv(0x04, "") + Pdu(tag)); }

funnel_datagram Of(const std::string& bytes, funnel_end sender = FUNNEL_CLIENT) {
  return ReadDatagram(sender, AsBytes(bytes));
}
void ExpectDelivery(const funnel_datagram& verdict, funnel_delivery delivery,
                    std::uint32_t lifetime_ms) {
  ASSERT_NE(verdict.label, nullptr);
  EXPECT_EQ(verdict.delivery, std::uint32_t{delivery}) << verdict.label;
  EXPECT_EQ(verdict.lifetime_ms, lifetime_ms) << verdict.label;
}

TEST(Snmp, PollsExpire) {
  for (const Tag tag : {kGet, kGetBulk}) ExpectDelivery(Of(Plain(tag)), FUNNEL_EXPIRES, 5'000);
  ExpectDelivery(Of(Version3(5, Scoped(kGet))), FUNNEL_EXPIRES, 5'000);
}

TEST(Snmp, TrapsAndInformsAreSentUntilTheyArrive) {
  for (const Tag tag : {kTrap, kInform}) ExpectDelivery(Of(Plain(tag)), FUNNEL_RELIABLE, 0);
  ExpectDelivery(Of(Plain(kOldTrap, 0)), FUNNEL_RELIABLE, 0);
}

TEST(Snmp, NothingAuthenticatedOutlivesTheWindow) {
  ExpectDelivery(Of(Version3(1, Scoped(kTrap))), FUNNEL_RELIABLE, 150'000);
  ExpectDelivery(Of(Version3(1, Scoped(kResponse)), FUNNEL_SERVER), FUNNEL_EXPIRES, 150'000);
  ExpectDelivery(Of(Version3(0, Scoped(kTrap))), FUNNEL_RELIABLE, 0);
}

TEST(Snmp, SetsAndAnswersAreAsConfigured) {
  ExpectDelivery(Of(Plain(kSet)), FUNNEL_AS_CONFIGURED, 0);
  ExpectDelivery(Of(Plain(kResponse), FUNNEL_SERVER), FUNNEL_AS_CONFIGURED, 0);
}

TEST(Snmp, AnEncryptedMessageThatWantsNoReportIsATrap) {
  const std::string data = Tlv(0x04, "encrypted");
  ExpectDelivery(Of(Version3(3, data)), FUNNEL_RELIABLE, 150'000);
  ExpectDelivery(Of(Version3(7, data)), FUNNEL_EXPIRES, 150'000);
  ExpectDelivery(Of(Version3(3, data), FUNNEL_SERVER), FUNNEL_EXPIRES, 150'000);
}

TEST(Snmp, HasNoKeyOfItsOwn) {
  EXPECT_EQ(KeyOf(FUNNEL_CLIENT, AsBytes(Plain(kGet))), "");
  EXPECT_EQ(KeyOf(FUNNEL_CLIENT, AsBytes(Version3(5, Scoped(kGet)))), "");
}

TEST(Snmp, RecognisesWholeMessagesOnly) {
  EXPECT_TRUE(IsRecognisedOnlyWhole(FUNNEL_CLIENT, AsBytes(Plain(kGet))));
  EXPECT_TRUE(IsRecognisedOnlyWhole(FUNNEL_CLIENT, AsBytes(Version3(5, Scoped(kGet)))));
  for (const std::string& wrong : {Plain(kGet) + "x", Plain(kGet, 2), Plain(kOldTrap, 1),
                                   Plain(static_cast<Tag>(0xA9)), std::string("<34>1 - - - -")})
    EXPECT_EQ(LabelOf(FUNNEL_CLIENT, AsBytes(wrong)), "");
}

}  // namespace
}  // namespace funnel::module
