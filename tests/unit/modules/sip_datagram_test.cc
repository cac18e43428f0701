// What the sip module says about messages over UDP.
#include <gtest/gtest.h>

#include "tests/unit/modules/datagram_under_test.h"

namespace funnel::module {
namespace {

struct MadeDatagram {
  std::string start = "INVITE sip:b@example.test SIP/2.0";
  std::string via = "SIP/2.0/UDP a.example.test;rport;branch=z9hG4bK1";
  std::string cseq = "1 INVITE";
  std::string fields = "";
};

std::string MakeDatagram(const MadeDatagram& made) {
  return made.start + "\r\nVia: " + made.via + "\r\nCall-ID: 1@a\r\nCSeq: " + made.cseq + "\r\n" +
         made.fields + "\r\n";
}
std::string Key(const MadeDatagram& made) {
  return KeyOf(FUNNEL_CLIENT, AsBytes(MakeDatagram(made)));
}

TEST(SipDatagram, NobodyWaitsForLongerThanATransaction) {
  const funnel_datagram invite = ReadDatagram(FUNNEL_CLIENT, AsBytes(MakeDatagram({})));
  EXPECT_EQ(std::string_view(invite.label), "INVITE");
  EXPECT_EQ(invite.delivery, std::uint32_t{FUNNEL_EXPIRES});
  EXPECT_EQ(invite.lifetime_ms, 32'000u);
}

TEST(SipDatagram, ARepetitionIsOfTheSameTransaction) {
  const std::string key = Key({});
  EXPECT_FALSE(key.empty());
  EXPECT_EQ(Key({.fields = "Timestamp: 2\r\n"}), key);
  EXPECT_NE(Key({.via = "SIP/2.0/UDP a.example.test;branch=z9hG4bK2"}), key);
  EXPECT_NE(Key({.via = "SIP/2.0/UDP b.example.test;rport;branch=z9hG4bK1"}), key);
  EXPECT_NE(Key({.start = "CANCEL sip:b@example.test SIP/2.0", .cseq = "1 CANCEL"}), key);
  EXPECT_NE(Key({.start = "SIP/2.0 180 Ringing"}), Key({.start = "SIP/2.0 200 OK"}));
}

TEST(SipDatagram, AnOldBranchNamesNoTransaction) {
  EXPECT_EQ(Key({.via = "SIP/2.0/UDP a.example.test;branch=1"}), "");
  EXPECT_EQ(Key({.via = "SIP/2.0/UDP a.example.test"}), "");
  EXPECT_EQ(Key({.cseq = "1"}), "");
}

TEST(SipDatagram, RecognisesKeepalivesAndBodies) {
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, AsBytes("\r\n\r\n")), "keepalive");
  EXPECT_EQ(
      LabelOf(FUNNEL_CLIENT, AsBytes(MakeDatagram({.fields = "Content-Length: 3\r\n"}) + "abc")),
      "INVITE");
  EXPECT_EQ(
      LabelOf(FUNNEL_CLIENT, AsBytes(MakeDatagram({.fields = "Content-Length: 4\r\n"}) + "abc")),
      "");
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, AsBytes("hello")), "");
  EXPECT_EQ(LabelOf(FUNNEL_CLIENT, {}), "");
}

}  // namespace
}  // namespace funnel::module
