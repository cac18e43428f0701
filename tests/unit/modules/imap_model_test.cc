// Whether the imap module's verdicts keep IMAP's own rules: a model of a mailbox that is read,
// changed and watched at the same time.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/modules/imap_verdicts.h"
#include "tests/unit/modules/model.h"

namespace funnel::module {
namespace {

// The content of a generated command or response, as its maker knows it.
struct Said {
  enum Kind { kOther, kFetch, kData, kResult } kind = kOther;
  std::string tag = "";                  // kFetch, kResult
  bool reads = false, sets = false;      // kFetch: flags
  std::uint32_t number = 0, uid = 0;     // kData
  bool mod_sequence = false;             // kData
  std::vector<std::uint32_t> uids = {};  // kResult: those that were asked for
};

// Commands that must be executed in the order in which they were sent (RFC 9051, section 5.5),
// because their results may depend on each other.
bool CommandsMustStay(const Said& one, const Said& two) {
  if (one.kind == Said::kOther || two.kind == Said::kOther) return true;
  return one.tag == two.tag || (one.sets && two.reads) || (one.reads && two.sets);
}

// After any response that is no data and no result of a UID FETCH, sequence numbers have another
// meaning; a result is the last response to its command; the last data about a message are the
// valid ones.
bool ResponsesMustStay(const Said& one, const Said& two) {
  if (one.kind == Said::kOther || two.kind == Said::kOther) return true;
  if (one.kind == Said::kData && two.kind == Said::kData)
    return one.number == two.number || (one.mod_sequence && two.mod_sequence);
  if (one.kind == Said::kData && two.kind == Said::kResult)
    return std::ranges::find(two.uids, one.uid) != two.uids.end();
  return one.kind == Said::kResult && two.kind == Said::kResult && one.tag == two.tag;
}

// A client that fetches by UID, many at a time, and a server that answers several at once, with
// other responses in between.
class Mailbox {
 public:
  explicit Mailbox(MadeUp<Said>& talk) : talk_(talk) {}

  void Run() {
    constexpr int kSteps = 70;
    for (int step = 0; step < kSteps; ++step) {
      if (fetches_.size() < 6 && talk_.Below(2) == 0) {
        Ask();
      } else if (!fetches_.empty()) {
        Answer(talk_.Below(static_cast<std::uint32_t>(fetches_.size())));
      }
    }
  }

 private:
  static constexpr std::uint32_t kMessages = 12, kUidsBelow = 100;
  struct Fetch {
    std::string tag;
    std::vector<std::uint32_t> uids;  // all of them
    std::vector<std::uint32_t> left;
  };

  void Say(funnel_end sender, const Said& said, const std::string& line) {
    talk_.Say(sender, said, AsBytes(line + "\r\n"));
  }

  void Ask() {
    // Tags are used again, which nothing forbids.
    const std::string tag = "a" + std::to_string(talk_.Below(10));
    const bool in_use = std::ranges::find(fetches_, tag, &Fetch::tag) != fetches_.end();
    if (talk_.Below(10) == 0) {
      Say(FUNNEL_CLIENT, {}, tag + "x UID STORE 1 FLAGS (\\Seen)");
      return Say(FUNNEL_SERVER, {}, tag + "x OK done");
    }
    if (in_use) return;

    Fetch fetch{tag, {}, {}};
    std::string set;
    const std::uint32_t count = 1 + talk_.Below(7);
    for (std::uint32_t i = 0; i < count; ++i) {
      fetch.uids.push_back(1 + talk_.Below(kMessages));
      set += (i > 0 ? "," : "") + std::to_string(fetch.uids.back() + kUidsBelow);
    }
    fetch.left = fetch.uids;
    Said said{.kind = Said::kFetch, .tag = tag};
    const std::uint32_t what = talk_.Below(4);
    said.reads = what == 1;
    said.sets = what == 2;
    const char* const items[] = {"(UID BODY.PEEK[])", "(UID FLAGS)", "(UID BODY[])", "ENVELOPE"};
    Say(FUNNEL_CLIENT, said, tag + " UID FETCH " + set + " " + items[what]);
    fetches_.push_back(fetch);
  }

  void Answer(std::uint32_t at) {
    Fetch& fetch = fetches_[at];
    if (talk_.Below(8) == 0) return Say(FUNNEL_SERVER, {}, "* 5 EXPUNGE");
    if (!fetch.left.empty()) {
      const std::uint32_t number = fetch.left.back();
      fetch.left.pop_back();
      return SayData(number);
    }
    Said said{.kind = Said::kResult, .tag = fetch.tag, .uids = fetch.uids};
    Say(FUNNEL_SERVER, said, fetch.tag + " OK done");
    fetches_.erase(fetches_.begin() + at);
  }

  void SayData(std::uint32_t number) {
    const bool mod_sequence = talk_.Below(5) == 0;
    const std::string literal = talk_.Below(3) == 0 ? " BODY[] {6}\r\nUID 1)" : "";
    Say(FUNNEL_SERVER,
        {.kind = Said::kData, .number = number, .uid = number, .mod_sequence = mod_sequence},
        "* " + std::to_string(number) + " FETCH (UID " + std::to_string(number + kUidsBelow) +
            literal + (mod_sequence ? " MODSEQ (9))" : ")"));
  }

  MadeUp<Said>& talk_;
  std::vector<Fetch> fetches_;
};

bool Breaks(const Alter& alter) {
  return BreaksRules<Said>(
      [](MadeUp<Said>& talk) {
        Mailbox(talk).Run();
        return talk.Breaks(FUNNEL_CLIENT, CommandsMustStay) ||
               talk.Breaks(FUNNEL_SERVER, ResponsesMustStay);
      },
      alter);
}

TEST(ImapModel, KeepsTheRulesOfImap) { EXPECT_FALSE(Breaks(alter::Nothing)); }

TEST(ImapModel, NoticesMissingOrWrongKeys) {
  constexpr std::uint32_t kFlagsSpace = 2, kNumberSpace = 3, kUidSpace = 4, kModSequenceSpace = 5;
  EXPECT_TRUE(Breaks(alter::NoKeys));
  EXPECT_TRUE(Breaks(alter::AllShared));
  EXPECT_TRUE(Breaks(alter::NoBarriers));
  // The result of a FETCH of many messages.
  EXPECT_TRUE(Breaks(alter::NoAfterAll));
  for (const std::uint32_t space : {kFlagsSpace, kUidSpace, kModSequenceSpace})
    EXPECT_TRUE(Breaks(alter::Without(space))) << space;
  // Data of one message, except where the UID is missing, have the same key.
  EXPECT_TRUE(Breaks([](funnel_verdict& verdict) {
    alter::Without(kNumberSpace)(verdict);
    alter::Without(kUidSpace)(verdict);
  }));
  EXPECT_TRUE(Breaks([](funnel_verdict& verdict) {
    if (verdict.order == FUNNEL_BARRIER) verdict.order = FUNNEL_AFTER_ALL;
  }));
}

// Data of a message without its UID.
TEST(ImapModel, KeepsWhatIsSaidOfANumberInOrder) {
  const auto breaks = [](const Alter& alter) {
    return BreaksRules<Said>(
        [](MadeUp<Said>& talk) {
          for (int i = 0; i < 30; ++i) {
            const std::uint32_t number = 1 + talk.Below(4);
            const std::string line = "* " + std::to_string(number) + " FETCH (FLAGS ())\r\n";
            talk.Say(FUNNEL_SERVER, {.kind = Said::kData, .number = number}, AsBytes(line));
          }
          return talk.Breaks(FUNNEL_SERVER, ResponsesMustStay);
        },
        alter);
  };
  EXPECT_FALSE(breaks(alter::Nothing));
  EXPECT_TRUE(breaks(alter::Without(3)));
}

}  // namespace
}  // namespace funnel::module
