// LDAP's rules by themselves, against every order that the module allows.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/modules/ldap_messages.h"

namespace funnel::module {
namespace {

using namespace ldap_messages;

// The content of a generated message, as its maker knows it.
struct Said {
  enum Kind { kBind, kRead, kWrite, kAbandon, kEntry, kDone, kOther } kind;
  std::uint32_t id;
  std::uint32_t target = 0;
  bool free_entry = false;
};

// Whether the earlier of two messages of one direction must come first.
bool MustStay(const Said& one, const Said& two) {
  if (one.kind == Said::kBind || two.kind == Said::kBind) return true;
  if (two.kind == Said::kAbandon && two.target == one.id) return true;
  if (one.kind == Said::kWrite && two.kind == Said::kWrite) return true;
  if (one.id != two.id) return false;
  return !(one.free_entry && two.free_entry);
}

class OrderedLdap : public LdapModule {
 public:
  OrderedLdap() : LdapModule("ordered") {}
};

// A conversation of 40 requests; ENTRIES_FREE determines Said::free_entry.
class Operations {
 public:
  Operations(MadeUp<Said>& talk, bool entries_free) : talk_(talk), entries_free_(entries_free) {}

  void Run() {
    for (std::uint32_t id = 1; id <= 40; ++id) {
      Request(id);
      for (int i = 0; i < 2 && !open_.empty(); ++i) AnswerSearch();
    }
  }

 private:
  void Client(const Said& said, const std::string& bytes) {
    talk_.Say(FUNNEL_CLIENT, said, AsBytes(bytes));
  }
  void Server(const Said& said, const std::string& bytes) {
    talk_.Say(FUNNEL_SERVER, said, AsBytes(bytes));
  }

  void Request(std::uint32_t id) {
    const std::uint32_t what = talk_.Below(12);
    if (what == 0) {
      Client({Said::kBind, id}, Bind(id));
      Server({Said::kBind, id}, Result(id, 0x61));
    } else if (what < 3) {
      Client({Said::kWrite, id}, what == 1 ? Modify(id) : Delete(id));
      Server({Said::kOther, id}, Result(id, what == 1 ? 0x67 : 0x6B));
    } else if (what == 3 && !open_.empty()) {
      const std::uint32_t target = open_[talk_.Below(Open())].id;
      Client({Said::kAbandon, id, target},
             talk_.Below(2) == 0 ? Abandon(id, target) : Cancel(id, target));
    } else {
      const bool controls = talk_.Below(3) == 0;
      Client({Said::kRead, id}, Search(id, controls));
      open_.push_back({id, !controls});
    }
  }

  void AnswerSearch() {
    const auto at = open_.begin() + talk_.Below(Open());
    if (talk_.Below(4) != 0)
      return Server({Said::kEntry, at->id, 0, at->plain && entries_free_}, Entry(at->id));
    Server({Said::kDone, at->id}, Done(at->id));
    open_.erase(at);
  }

  struct OpenSearch {
    std::uint32_t id;
    bool plain;  // without controls
  };
  [[nodiscard]] std::uint32_t Open() const { return static_cast<std::uint32_t>(open_.size()); }

  MadeUp<Said>& talk_;
  const bool entries_free_;
  std::vector<OpenSearch> open_;
};

bool Breaks(const Alter& alter) {
  const auto converse = [](bool entries_free) {
    return [entries_free](MadeUp<Said>& talk) {
      Operations(talk, entries_free).Run();
      return talk.Breaks(FUNNEL_CLIENT, MustStay) || talk.Breaks(FUNNEL_SERVER, MustStay);
    };
  };
  return BreaksRules<Said, LdapModule>(converse(true), alter) ||
         BreaksRules<Said, OrderedLdap>(converse(false), alter);
}

TEST(LdapModel, KeepsTheRulesOfLdap) { EXPECT_FALSE(Breaks(alter::Nothing)); }

TEST(LdapModel, NoticesMissingOrWrongKeys) {
  EXPECT_TRUE(Breaks(alter::NoKeys));
  EXPECT_TRUE(Breaks(alter::AllShared));
  EXPECT_TRUE(Breaks(alter::NoBarriers));
  EXPECT_TRUE(Breaks([](funnel_verdict& verdict) {
    if (verdict.key_count > 1) verdict.key_count = 1;
  }));
  EXPECT_TRUE(Breaks([](funnel_verdict& verdict) {
    if (verdict.order == FUNNEL_BARRIER) verdict.order = FUNNEL_AFTER_ALL;
  }));
}

}  // namespace
}  // namespace funnel::module
