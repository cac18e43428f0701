// How the ldap module classifies messages.
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

#include "tests/unit/modules/ldap_messages.h"

namespace funnel::module {
namespace {

using namespace ldap_messages;

funnel_verdict OfClient(const std::string& bytes) { return LdapModule().Client(bytes); }
funnel_verdict OfServer(const std::string& bytes) { return LdapModule().Server(bytes); }

bool IsMessage(const funnel_verdict& verdict) { return verdict.kind == FUNNEL_MESSAGE; }
bool IsMismatch(const funnel_verdict& verdict) { return verdict.kind == FUNNEL_MISMATCH; }
bool IsStream(const funnel_verdict& verdict) { return verdict.kind == FUNNEL_STREAM; }
bool IsBarrier(const funnel_verdict& verdict) {
  return IsMessage(verdict) && verdict.order == FUNNEL_BARRIER;
}
// "7" for an exclusive key of a messageID, "7r" for a shared one, "w" for writes.
std::string Keys(const funnel_verdict& verdict) {
  std::string out;
  for (const funnel_key& key : std::span(verdict.keys, verdict.key_count)) {
    out += out.empty() ? "" : " ";
    out += key.space == 1 ? std::to_string(key.value) : "w";
    if (key.mode == FUNNEL_SHARED) out += 'r';
  }
  return out;
}

TEST(Ldap, ReadsRequestsByTheirMessageId) {
  EXPECT_EQ(Keys(OfClient(Search(7))), "7");
  EXPECT_EQ(Keys(OfClient(Compare(8))), "8");
  EXPECT_EQ(Keys(OfClient(Extended(9, kWhoAmIName))), "9");
  EXPECT_EQ(OfClient(Search(7)).length, Search(7).size());
  EXPECT_EQ(std::string_view(OfClient(Search(7)).label), "search request");
  EXPECT_EQ(OfClient(Search(70000)).number, 70000u);
}

TEST(Ldap, KeepsWritesInOrder) {
  EXPECT_EQ(Keys(OfClient(Modify(7))), "7 w");
  EXPECT_EQ(Keys(OfClient(Delete(7))), "7 w");
  EXPECT_EQ(Keys(OfClient(Extended(7, kPasswordName))), "7 w");
  EXPECT_EQ(Keys(OfClient(Extended(7, std::string(100, '1')))), "7 w");
}

TEST(Ldap, PutsAbandonAndCancelBehindTheirTargets) {
  EXPECT_EQ(Keys(OfClient(Abandon(9, 7))), "9 7");
  EXPECT_EQ(Keys(OfClient(Cancel(9, 300))), "9 300");
}

TEST(Ldap, TakesSessionOperationsForBarriers) {
  EXPECT_TRUE(IsBarrier(OfClient(Bind(1))));
  EXPECT_TRUE(IsBarrier(OfClient(Unbind(2))));
  EXPECT_TRUE(IsBarrier(OfClient(Extended(3, kStartTlsName))));
  EXPECT_TRUE(IsBarrier(OfServer(Result(1, 0x61))));
  EXPECT_TRUE(IsBarrier(OfServer(Result(0, 0x78))));
}

TEST(Ldap, LetsEntriesOfAPlainSearchOvertake) {
  LdapModule ldap;
  (void)ldap.Client(Search(7));
  EXPECT_EQ(Keys(ldap.Server(Entry(7))), "7r");
  EXPECT_EQ(Keys(ldap.Server(Entry(7, /*controls=*/true))), "7");
  EXPECT_EQ(Keys(ldap.Server(Done(7))), "7");
  // The search is over: messages with that id belong to something else.
  EXPECT_EQ(Keys(ldap.Server(Entry(7))), "7");
}

TEST(Ldap, KeepsEntriesInOrderWhereTheyMayHaveOne) {
  LdapModule ldap;
  (void)ldap.Client(Search(7, /*controls=*/true));
  EXPECT_EQ(Keys(ldap.Server(Entry(7))), "7");
  EXPECT_EQ(Keys(ldap.Server(Entry(8))), "8");  // it was never asked for
  // Another search with its id replaces it.
  (void)ldap.Client(Search(9));
  (void)ldap.Client(Search(9, /*controls=*/true));
  EXPECT_EQ(Keys(ldap.Server(Entry(9))), "9");
  // So does one with the same place in the table.
  (void)ldap.Client(Search(10));
  (void)ldap.Client(Search(10 + 1024));
  EXPECT_EQ(Keys(ldap.Server(Entry(10))), "10");
  EXPECT_EQ(Keys(ldap.Server(Entry(10 + 1024))), "1034r");

  LdapModule ordered("ordered");
  (void)ordered.Client(Search(7));
  EXPECT_EQ(Keys(ordered.Server(Entry(7))), "7");
}

TEST(Ldap, BecomesAStreamOnceStartTlsWasAccepted) {
  LdapModule ldap;
  (void)ldap.Client(Extended(3, kStartTlsName));
  EXPECT_TRUE(IsBarrier(ldap.Server(Result(3, 0x78))));
  EXPECT_TRUE(IsStream(ldap.Client("\x16\x03\x01")));
  EXPECT_TRUE(IsStream(ldap.Server("\x16\x03\x03")));
}

TEST(Ldap, StaysWhatItIsWhenStartTlsWasRefused) {
  LdapModule ldap;
  (void)ldap.Client(Extended(3, kStartTlsName));
  EXPECT_TRUE(IsBarrier(ldap.Server(Result(3, 0x78, /*code=*/2))));
  EXPECT_TRUE(IsMessage(ldap.Client(Search(4))));
  EXPECT_TRUE(IsMismatch(ldap.Client("\x16\x03\x01")));
}

TEST(Ldap, AnswersToOthersDoNotBeginTls) {
  LdapModule ldap;
  (void)ldap.Client(Extended(3, kStartTlsName));
  (void)ldap.Server(Result(4, 0x78));
  EXPECT_TRUE(IsMessage(ldap.Server(Done(5))));
}

TEST(Ldap, TakesALayerAfterASaslBindForAStream) {
  LdapModule ldap;
  (void)ldap.Client(Bind(1, /*sasl=*/true, ""));
  EXPECT_TRUE(IsMismatch(LdapModule().Client(std::string("\0\0\0\x20", 4))));
  (void)ldap.Server(Result(1, 0x61, /*code=*/14));  // SASL goes on
  EXPECT_TRUE(IsMismatch(ldap.Client(std::string("\0\0\0\x20", 4))));
  (void)ldap.Client(Bind(2, /*sasl=*/true, ""));
  (void)ldap.Server(Result(2, 0x61));
  EXPECT_TRUE(IsMessage(ldap.Client(Search(3))));  // no security layer
  EXPECT_TRUE(IsStream(ldap.Client(std::string("\0\0\0\x20", 4))));
  EXPECT_TRUE(IsStream(ldap.Server(std::string("\0\0\0\x20", 4))));
}

TEST(Ldap, HasNoLayerAfterASimpleBind) {
  LdapModule ldap;
  (void)ldap.Client(Bind(1));
  (void)ldap.Server(Result(1, 0x61));
  EXPECT_TRUE(IsMismatch(ldap.Client(std::string("\0\0\0\x20", 4))));
}

TEST(Ldap, AsksForMoreUntilItCanTell) {
  for (const std::string& whole :
       {Bind(1), Bind(1, true, ""), Search(100000), Abandon(3, 300), Cancel(9, 300),
        Extended(7, kStartTlsName), Unbind(2), Delete(5)}) {
    std::size_t told = 0;
    for (std::size_t size = 1; size <= whole.size(); ++size) {
      const funnel_verdict verdict = OfClient(whole.substr(0, size));
      ASSERT_FALSE(IsMismatch(verdict)) << size;
      if (told == 0 && IsMessage(verdict)) told = size;
      // The verdict does not change if more is shown.
      if (told > 0) {
        ASSERT_TRUE(IsMessage(verdict)) << size;
        ASSERT_EQ(Keys(verdict), Keys(OfClient(whole)));
        ASSERT_EQ(verdict.order, OfClient(whole).order);
        ASSERT_EQ(verdict.length, whole.size());
      }
    }
    EXPECT_GT(told, 0u);
  }
}

TEST(Ldap, TakesLongNamesForOthers) {
  const std::string bind = Bind(1, /*sasl=*/true, std::string(300, 'x'));
  EXPECT_EQ(OfClient(bind.substr(0, 159)).kind, std::uint32_t{FUNNEL_NEED_MORE});
  EXPECT_TRUE(IsBarrier(OfClient(bind.substr(0, 160))));
  EXPECT_EQ(::funnel_module.head_max, 160u);
}

TEST(Ldap, ReadsEachFormOfLength) {
  const std::string message = Tlv(
      0x30, Number(7) + Tlv(0x63, Tlv(0x04, "dc=test"), /*long_form=*/true), /*long_form=*/true);
  EXPECT_EQ(OfClient(message).length, message.size());
  EXPECT_EQ(Keys(OfClient(message)), "7");
}

TEST(Ldap, RefusesWhatIsNotLdap) {
  EXPECT_TRUE(IsMismatch(OfClient("GET / HTTP/1.1\r\n")));
  EXPECT_TRUE(IsMismatch(OfClient("\x16\x03\x01")));
  // An operation of the other side, or none at all.
  EXPECT_TRUE(IsMismatch(OfServer(Search(7))));
  EXPECT_TRUE(IsMismatch(OfClient(Entry(7))));
  EXPECT_TRUE(IsMismatch(OfClient(Message(7, Tlv(0x5F, "")))));
  // The text 0..., whose second character can be read as a length.
  EXPECT_TRUE(IsMismatch(OfClient("0000000000000000")));
  EXPECT_TRUE(IsMismatch(OfClient(Search(0))));
}

TEST(Ldap, RefusesLengthsThatContradictEachOther) {
  // The indefinite form; more octets than possible; an operation longer than its message.
  EXPECT_TRUE(IsMismatch(OfClient(std::string("\x30\x80\x02\x01\x01\x42\x00\x00\x00", 9))));
  EXPECT_TRUE(IsMismatch(OfClient("\x30\x89\x01\x01\x01\x01")));
  EXPECT_TRUE(IsMismatch(OfClient(Tlv(0x30, Number(7) + "\x63\x20"))));
  EXPECT_TRUE(IsMismatch(OfClient(Tlv(0x30, Number(7)))));
  EXPECT_TRUE(IsMismatch(OfClient(Tlv(0x30, ""))));
  EXPECT_TRUE(IsMismatch(OfClient(Tlv(0x30, Tlv(0x02, "12345") + Tlv(0x42, "")))));
  EXPECT_TRUE(IsMismatch(OfClient(Tlv(0x30, Tlv(0x02, "\xff") + Tlv(0x42, "")))));
  EXPECT_TRUE(IsMismatch(OfClient(Message(7, Tlv(0x42, "x")))));
  EXPECT_TRUE(IsMismatch(OfClient(Message(7, Tlv(0x50, "12345")))));
  EXPECT_TRUE(IsMismatch(OfClient(Message(7, Tlv(0x60, Tlv(0x04, ""))))));
}

TEST(Ldap, TakesOnlyTheOptionsItHas) {
  ModuleUnderTest wrong(Options{{"entries", "sorted"}});
  EXPECT_FALSE(wrong.configured());
  EXPECT_EQ(wrong.error(), "entries is free or ordered");
  EXPECT_EQ(wrong.wrong(), 0u);
  EXPECT_TRUE(ModuleUnderTest().configured());
}

}  // namespace
}  // namespace funnel::module
