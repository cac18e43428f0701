// Whether the simco module keeps SIMCO's own rules: those of RFC 4540 by themselves, against every
// order that the module allows.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/modules/model.h"
#include "tests/unit/modules/simco_messages.h"

namespace funnel::module {
namespace {

using namespace simco_messages;

struct Said {
  Type type;
  std::uint32_t tid;
  std::vector<std::uint32_t> rules;  // that it is about
};

bool IsOfSession(Type type) {
  return type <= kSt || (type >= kSeReply && type <= kStReply) || type == kBfm || type == kAst;
}

// Whether the earlier of two messages of one direction must come first.
bool MustStay(const Said& one, const Said& two) {
  if (IsOfSession(one.type) || IsOfSession(two.type)) return true;
  if (std::ranges::find_first_of(one.rules, two.rules) != one.rules.end()) return true;
  return one.type != kAre && two.type != kAre && one.tid == two.tid;
}

// An agent and a middlebox: rules come into being, change, are reported and vanish, and their
// identifiers are used again. Replies come in any order but that of one rule's.
class Middlebox {
 public:
  explicit Middlebox(MadeUp<Said>& talk) : talk_(talk) {}

  void Run() {
    Ask(kSe, {}, Se(tid_));
    Reply(0, kSeReply, {}, Make(kSeReply, waiting_[0].tid, Capabilities()));
    for (int i = 0; i < 60; ++i) {
      if (talk_.Below(2) == 0) AskSomething();
      if (!waiting_.empty() && talk_.Below(2) == 0) Answer(Any(waiting_.size()));
      if (talk_.Below(10) == 0) TellSomething();
    }
    Ask(kSt, {}, Make(kSt, tid_));
    while (!waiting_.empty()) Answer(0);
  }

 private:
  [[nodiscard]] std::size_t Any(std::size_t size) {
    return talk_.Below(static_cast<std::uint32_t>(size));
  }
  [[nodiscard]] std::uint32_t Rule() { return talk_.Below(4); }

  void Ask(Type type, std::vector<std::uint32_t> rules, const Bytes& bytes) {
    const Said said{type, tid_, std::move(rules)};
    talk_.Say(FUNNEL_CLIENT, said, bytes);
    waiting_.push_back(said);
    ++tid_;
  }
  void AskSomething() {
    const std::uint32_t rule = Rule();
    switch (talk_.Below(8)) {
      case 0:
        return Ask(kPrr, {}, Prr(tid_));
      case 1:
        return Ask(kPer, {}, Per(tid_));
      case 2:
        return Ask(kPea, {rule}, Pea(tid_, rule));
      case 3:
        return Ask(kPdr, {}, Pdr(tid_));
      case 4:
      case 5:
        return Ask(kPlc, {rule}, Plc(tid_, rule, talk_.Below(2)));
      case 6:
        return Ask(kPrs, {rule}, Prs(tid_, rule));
      default:
        return Ask(kPrl, {}, Prl(tid_));
    }
  }

  void Reply(std::size_t at, Type type, std::vector<std::uint32_t> named, const Bytes& bytes) {
    const Said asked = waiting_[at];
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(at));
    named.insert(named.end(), asked.rules.begin(), asked.rules.end());
    talk_.Say(FUNNEL_SERVER, {type, asked.tid, named}, bytes);
    // An agent may use it again after the reply, though it should not.
    if (talk_.Below(6) == 0) tid_ = asked.tid;
    while (std::ranges::find(waiting_, tid_, &Said::tid) != waiting_.end()) ++tid_;
  }
  void Answer(std::size_t at) {
    const std::uint32_t tid = waiting_[at].tid, rule = Rule();
    switch (waiting_[at].type) {
      case kPrr:
        return Reply(at, kPrrReply, {rule}, PrrReply(tid, rule));
      case kPer:
      case kPea:
        return Reply(at, kPerReply, {rule}, PerReply(tid, rule));
      case kPdr:
        return Reply(at, kPdrReply, {rule}, PdrReply(tid, rule));
      case kPlc:
        return talk_.Below(2) == 0 ? Reply(at, kPrdReply, {}, Make(kPrdReply, tid))
                                   : Reply(at, kPlcReply, {}, Make(kPlcReply, tid, Lifetime()));
      case kPrs:
        if (talk_.Below(2) == 0) return Reply(at, kNoSuchRule, {}, Make(kNoSuchRule, tid));
        return Reply(at, kPesReply, {waiting_[at].rules[0]}, PesReply(tid, waiting_[at].rules[0]));
      case kPrl:
        return Reply(at, kPrlReply, {rule, 9}, Make(kPrlReply, tid, Pid(rule) + Pid(9)));
      default:
        return Reply(at, kStReply, {}, Make(kStReply, tid));
    }
  }
  void TellSomething() {
    const std::uint32_t rule = Rule();
    talk_.Say(FUNNEL_SERVER, {kAre, rule, {rule}}, Are(notified_++, rule, 0));
  }

  MadeUp<Said>& talk_;
  std::uint32_t tid_ = 1, notified_ = 1;
  std::vector<Said> waiting_;
};

bool Breaks(const Alter& alter) {
  return BreaksRules<Said>(
      [](MadeUp<Said>& talk) {
        Middlebox(talk).Run();
        return talk.Breaks(FUNNEL_CLIENT, MustStay) || talk.Breaks(FUNNEL_SERVER, MustStay);
      },
      alter);
}

TEST(SimcoModel, KeepsTheRulesOfSimco) { EXPECT_FALSE(Breaks(alter::Nothing)); }

TEST(SimcoModel, NoticesMissingOrWrongKeys) {
  EXPECT_TRUE(Breaks(alter::NoKeys));
  EXPECT_TRUE(Breaks(alter::AllShared));
  EXPECT_TRUE(Breaks(alter::NoBarriers));
  for (const Space space : {kTransactions, kRules})
    EXPECT_TRUE(Breaks(alter::Without(space))) << space;
}

TEST(SimcoModel, NoticesARuleThatIsMissingInOneKindOfMessage) {
  for (const std::string_view label :
       {"enable after reservation request", "lifetime request", "status request", "reserved",
        "enabled", "disabled", "lifetime changed", "deleted", "refused",
        "status of an enabled rule", "list", "rule event"})
    EXPECT_TRUE(Breaks([label](funnel_verdict& verdict) {
      if (verdict.label == label) alter::Without(kRules)(verdict);
    })) << label;
}

TEST(SimcoModel, LetsTransactionsOnDifferentRulesOvertake) {
  ModuleUnderTest simco;
  SentMessages requests, replies;
  (void)simco.Read(FUNNEL_CLIENT, Se(1));
  for (std::uint32_t tid = 2; tid < 200; ++tid) {
    requests.Add(simco.Read(FUNNEL_CLIENT, tid % 2 == 0 ? Per(tid) : Plc(tid, tid, 60)));
    replies.Add(simco.Read(FUNNEL_SERVER, tid % 2 == 0 ? PerReply(tid, 1000 + tid)
                                                       : Make(kPlcReply, tid, Lifetime())));
  }
  for (const SentMessages* sent : {&requests, &replies})
    for (const Placed& placed : sent->placed())
      EXPECT_EQ(placed.decision.order, wire::Order::kFree);
}

}  // namespace
}  // namespace funnel::module
