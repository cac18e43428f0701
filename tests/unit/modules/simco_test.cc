// How the simco module classifies messages.
#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/modules/module_under_test.h"
#include "tests/unit/modules/simco_messages.h"

namespace funnel::module {
namespace {

using namespace simco_messages;

// The rules among the verdict's keys.
std::vector<std::uint64_t> RulesOf(const funnel_verdict& verdict) {
  std::vector<std::uint64_t> rules;
  for (const funnel_key& key : std::span(verdict.keys, verdict.key_count))
    if (key.space == kRules && key.mode == FUNNEL_EXCLUSIVE) rules.push_back(key.value);
  return rules;
}
using Rules = std::vector<std::uint64_t>;

bool IsBarrier(const funnel_verdict& verdict) {
  return verdict.kind == FUNNEL_MESSAGE &&
         (verdict.order == FUNNEL_BARRIER || verdict.key_count > FUNNEL_KEYS_MAX);
}
bool IsFree(const funnel_verdict& verdict) {
  return verdict.kind == FUNNEL_MESSAGE && verdict.order == FUNNEL_BY_KEYS;
}

// A connection on which a session was established.
class OpenSimco : public ModuleUnderTest {
 public:
  OpenSimco() {
    (void)Client(Se(0));
    (void)Server(Make(kSeReply, 0, Capabilities()));
  }
  funnel_verdict Client(const Bytes& bytes) { return Read(FUNNEL_CLIENT, bytes); }
  funnel_verdict Server(const Bytes& bytes) { return Read(FUNNEL_SERVER, bytes); }
  bool Refuses(funnel_end sender, const Bytes& bytes) {
    return Read(sender, bytes).kind == FUNNEL_MISMATCH;
  }
};

TEST(Simco, ReadsRequestsByTransactionAndRule) {
  OpenSimco simco;
  const funnel_verdict enable = simco.Client(Per(7));
  EXPECT_EQ(enable.kind, std::uint32_t{FUNNEL_MESSAGE});
  EXPECT_EQ(enable.length, Per(7).size());
  EXPECT_EQ(std::string_view(enable.label), "enable request");
  EXPECT_EQ(enable.number, 7u);
  ASSERT_EQ(enable.key_count, 1u);
  EXPECT_EQ(enable.keys[0].value, 7u);
  for (const Bytes& names_none : {Prr(8), Pdr(9), Prl(10)}) {
    const funnel_verdict verdict = simco.Client(names_none);
    EXPECT_TRUE(IsFree(verdict));
    EXPECT_EQ(RulesOf(verdict), Rules{});
  }
  for (const Bytes& names_one : {Pea(11, 5), Plc(12, 5, 0), Prs(13, 5)}) {
    const funnel_verdict verdict = simco.Client(names_one);
    EXPECT_TRUE(IsFree(verdict));
    EXPECT_EQ(RulesOf(verdict), Rules{5});
  }
}

TEST(Simco, TakesTheSessionsMessagesForBarriers) {
  OpenSimco simco;
  EXPECT_TRUE(IsBarrier(simco.Client(Se(1))));
  EXPECT_TRUE(IsBarrier(simco.Client(Make(kSa, 2))));
  EXPECT_TRUE(IsBarrier(simco.Client(Make(kSa, 3, Token("secret")))));
  EXPECT_TRUE(IsBarrier(simco.Client(Make(kSt, 4))));
  EXPECT_TRUE(IsBarrier(simco.Server(Make(kSeReply, 1, Capabilities()))));
  EXPECT_TRUE(IsBarrier(simco.Server(Make(kSaReply, 2, Challenge("?") + Token("!")))));
  for (const Type type : {kStReply, kAuthenticationFailed, kBfm, kAst})
    EXPECT_TRUE(IsBarrier(simco.Server(Make(type, 4)))) << type;
  EXPECT_TRUE(IsBarrier(simco.Server(Make(kVersionMismatch, 1, Version()))));
}

TEST(Simco, KeepsARepliesOrderByTheRuleOfItsRequest) {
  OpenSimco simco;
  (void)simco.Client(Plc(1, 5, 60));
  (void)simco.Client(Plc(2, 6, 0));
  (void)simco.Client(Plc(3, 7, 0));
  (void)simco.Client(Pea(4, 8));
  EXPECT_EQ(RulesOf(simco.Server(Make(kPlcReply, 1, Lifetime(60)))), Rules{5});
  EXPECT_EQ(RulesOf(simco.Server(Make(kPrdReply, 2))), Rules{6});
  EXPECT_EQ(RulesOf(simco.Server(Make(kNoSuchRule, 3))), Rules{7});
  // The rule that was reserved, and the new one.
  EXPECT_EQ(RulesOf(simco.Server(PerReply(4, 9))), (Rules{8, 9}));
}

TEST(Simco, KeepsARepliesOrderByTheRuleThatItNames) {
  OpenSimco simco;
  for (std::uint32_t tid = 1; tid <= 3; ++tid) (void)simco.Client(Per(tid));
  EXPECT_EQ(RulesOf(simco.Server(PerReply(1, 5))), Rules{5});
  EXPECT_EQ(RulesOf(simco.Server(PrrReply(2, 6))), Rules{6});
  EXPECT_EQ(RulesOf(simco.Server(PdrReply(3, 7))), Rules{7});
  (void)simco.Client(Prs(4, 5));
  EXPECT_EQ(RulesOf(simco.Server(PesReply(4, 5))), Rules{5});
}

TEST(Simco, KeepsAnEventWithItsRule) {
  OpenSimco simco;
  // Its identifier is the middlebox's own, and says nothing about a request.
  (void)simco.Client(Plc(1, 5, 60));
  const funnel_verdict event = simco.Server(Are(1, 9, 0));
  EXPECT_TRUE(IsFree(event));
  EXPECT_EQ(RulesOf(event), Rules{9});
  ASSERT_EQ(event.key_count, 1u);
  EXPECT_TRUE(IsFree(simco.Server(Make(kPlcReply, 1, Lifetime()))));
}

TEST(Simco, TakesAReplyToAnUnknownRequestForABarrier) {
  OpenSimco simco;
  EXPECT_TRUE(IsBarrier(simco.Server(PerReply(1, 5))));
  (void)simco.Client(Per(2));
  EXPECT_TRUE(IsFree(simco.Server(PerReply(2, 5))));
  EXPECT_TRUE(IsBarrier(simco.Server(PerReply(2, 5)))) << "a second reply";
}

TEST(Simco, TakesRepliesForBarriersWhereARequestsIdentifierWasUsedAgain) {
  OpenSimco simco;
  (void)simco.Client(Plc(1, 5, 60));
  (void)simco.Client(Plc(1, 6, 60));
  EXPECT_TRUE(IsBarrier(simco.Server(Make(kPlcReply, 1, Lifetime()))));
  EXPECT_TRUE(IsBarrier(simco.Server(Make(kPlcReply, 1, Lifetime()))));
  // A request about the session, too.
  (void)simco.Client(Plc(2, 5, 60));
  (void)simco.Client(Make(kSt, 2));
  EXPECT_TRUE(IsBarrier(simco.Server(Make(kBadlyFormedRequest, 2))));
}

TEST(Simco, ForgetsWhatDoesNotFitItsTable) {
  OpenSimco simco;
  constexpr std::uint32_t kMany = 5000;
  for (std::uint32_t tid = 1; tid <= kMany; ++tid) (void)simco.Client(Plc(tid, 5, 60));
  EXPECT_TRUE(IsBarrier(simco.Server(Make(kPlcReply, 1, Lifetime()))));
  EXPECT_TRUE(IsFree(simco.Server(Make(kPlcReply, kMany, Lifetime()))));
}

TEST(Simco, KeepsAListWithItsRules) {
  OpenSimco simco;
  std::string rules;
  for (std::uint32_t pid = 1; pid <= 15; ++pid) rules += Pid(pid);
  (void)simco.Client(Prl(1));
  EXPECT_EQ(RulesOf(simco.Server(Make(kPrlReply, 1, rules))).size(), 15u);
  (void)simco.Client(Prl(2));
  EXPECT_TRUE(IsBarrier(simco.Server(Make(kPrlReply, 2, rules + Pid(16)))));
  (void)simco.Client(Prl(3));
  EXPECT_TRUE(IsFree(simco.Server(Make(kPrlReply, 3))));
  // A rule is named once: a message does not wait for itself.
  (void)simco.Client(Prl(4));
  EXPECT_EQ(RulesOf(simco.Server(Make(kPrlReply, 4, Pid(3) + Pid(3)))), Rules{3});
}

TEST(Simco, ReadsALongestListByItsBeginning) {
  OpenSimco simco;
  std::string rules;
  while (rules.size() + 8 <= 0xffff) rules += Pid(7);
  Bytes list = Make(kPrlReply, 1, rules);
  const std::size_t whole = list.size();
  list.resize(::funnel_module.head_max);
  (void)simco.Client(Prl(1));
  const funnel_verdict verdict = simco.Server(list);
  EXPECT_TRUE(IsBarrier(verdict));
  EXPECT_EQ(verdict.length, whole);
  list[3] -= 1;
  EXPECT_TRUE(simco.Refuses(FUNNEL_SERVER, list)) << "half a rule at its end";
}

TEST(Simco, TakesAttributesInAnyOrderAndThoseThatMayBeMissing) {
  OpenSimco simco;
  EXPECT_TRUE(IsFree(
      simco.Client(Make(kPer, 1, Gid(4) + Lifetime() + Tuple6(0) + Enabling() + Protocol(3)))));
  EXPECT_TRUE(IsFree(simco.Client(Make(kPrr, 2, Reservation() + Lifetime() + Gid(4)))));
  EXPECT_TRUE(IsFree(
      simco.Server(Make(kPrrReply, 2, Pid(1) + Gid(4) + Lifetime() + Tuple4(2) + Tuple4(1)))));
}

TEST(Simco, AsksForMoreUntilTheMessageIsThere) {
  OpenSimco simco;
  Bytes two = Per(1);
  const std::size_t whole = two.size();
  for (std::size_t size = 1; size < whole; ++size)
    EXPECT_EQ(simco.Client(Bytes(two.begin(), two.begin() + size)).kind,
              std::uint32_t{FUNNEL_NEED_MORE})
        << size;
  const Bytes next = Per(2);
  two.insert(two.end(), next.begin(), next.end());
  EXPECT_EQ(simco.Client(two).length, whole);
}

TEST(Simco, RefusesWhatDoesNotBeginWithASession) {
  EXPECT_EQ(ModuleUnderTest().Read(FUNNEL_CLIENT, Per(1)).kind, std::uint32_t{FUNNEL_MISMATCH});
  EXPECT_EQ(ModuleUnderTest().Read(FUNNEL_CLIENT, Make(kSe, 1, Version(2))).kind,
            std::uint32_t{FUNNEL_MISMATCH});
  EXPECT_EQ(ModuleUnderTest().Read(FUNNEL_CLIENT, Make(kSe, 1, Version() + Challenge(""))).kind,
            std::uint32_t{FUNNEL_MESSAGE});
}

TEST(Simco, RefusesWhatIsNotSimco) {
  OpenSimco simco;
  EXPECT_TRUE(simco.Refuses(FUNNEL_CLIENT, Bytes{0x16}));
  EXPECT_TRUE(simco.Refuses(FUNNEL_CLIENT, Bytes{'G', 'E', 'T', ' '}));
  // Of the other end, or of neither.
  EXPECT_TRUE(simco.Refuses(FUNNEL_CLIENT, PerReply(1, 1)));
  EXPECT_TRUE(simco.Refuses(FUNNEL_SERVER, Per(1)));
  for (const std::uint16_t type : {0x0100, 0x0116, 0x0123})
    EXPECT_TRUE(simco.Refuses(FUNNEL_CLIENT, Make(type, 1))) << type;
  for (const std::uint16_t type : {0x0213, 0x0314, 0x0327, 0x0359, 0x0404, 0x0500})
    EXPECT_TRUE(simco.Refuses(FUNNEL_SERVER, Make(type, 1))) << type;
}

TEST(Simco, RefusesAttributesThatAMessageDoesNotHave) {
  OpenSimco simco;
  for (const std::string& wrong :
       {std::string(), Pid(1), Lifetime(), Pid(1) + Lifetime() + Lifetime(), Pid(1) + Gid(1),
        Pid(1) + Lifetime() + Tlv(12, "abcd"), Pid(1) + Lifetime() + "x", Pid(1) + Tlv(7, "abc"),
        Pid(1) + Tlv(7, "abcde"), Pid(1) + std::string("\0\7\0\5abcd", 8)})
    EXPECT_TRUE(simco.Refuses(FUNNEL_CLIENT, Make(kPlc, 1, wrong))) << wrong.size();
  for (const std::string& tuple : {std::string(4, 1), std::string(12, 2), std::string(24, 1),
                                   std::string(8, 1), std::string()})
    EXPECT_TRUE(
        simco.Refuses(FUNNEL_CLIENT, Make(kPdr, 1, Tlv(9, tuple) + Tuple4(3) + Lifetime())));
  EXPECT_TRUE(simco.Refuses(FUNNEL_CLIENT, Make(kSa, 1, Token(std::string(4097, 'x')))));
  EXPECT_TRUE(simco.Refuses(FUNNEL_SERVER, Make(kPrdReply, 1, Lifetime())));
  EXPECT_TRUE(simco.Refuses(FUNNEL_SERVER, Make(kPrlReply, 1, Pid(1) + "abcdefgh")));
  EXPECT_TRUE(simco.Refuses(FUNNEL_SERVER, Make(kPrlReply, 1, Pid(1) + "abc")));
}

TEST(Simco, TakesALongestMessageAndNoLongerOne) {
  OpenSimco simco;
  const std::string longest(4096, 'x');
  const Bytes reply = Make(kSaReply, 1, Challenge(longest) + Token(longest));
  EXPECT_EQ(reply.size(), ::funnel_module.head_max);
  EXPECT_TRUE(IsBarrier(simco.Server(reply)));
  EXPECT_TRUE(simco.Refuses(FUNNEL_SERVER, Bytes{2, 2, 0x20, 0x09, 0, 0, 0, 1}));
}

}  // namespace
}  // namespace funnel::module
