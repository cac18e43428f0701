// How the ldap module classifies messages, and whether that keeps LDAP's own rules.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/modules/model.h"

namespace funnel::module {
namespace {

constexpr const char* kStartTlsName = "1.3.6.1.4.1.1466.20037";
constexpr const char* kCancelName = "1.3.6.1.1.8";
constexpr const char* kWhoAmIName = "1.3.6.1.4.1.4203.1.11.3";
constexpr const char* kPasswordName = "1.3.6.1.4.1.4203.1.11.1";

std::string Tlv(std::uint8_t tag, const std::string& value, bool long_form = false) {
  std::string out(1, static_cast<char>(tag));
  const std::size_t size = value.size();
  if (size < 0x80 && !long_form) {
    out += static_cast<char>(size);
  } else {
    out += "\x84";
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift);
  }
  return out + value;
}

std::string Number(std::uint32_t value, std::uint8_t tag = 0x02) {
  std::string octets;
  for (; value > 0 || octets.empty(); value >>= 8)
    octets.insert(octets.begin(), static_cast<char>(value));
  if ((octets[0] & 0x80) != 0) octets.insert(octets.begin(), '\0');
  return Tlv(tag, octets);
}

const std::string kControls = Tlv(0xA0, Tlv(0x30, Tlv(0x04, "1.2.840.113556.1.4.319")));

std::string Message(std::uint32_t id, const std::string& operation, bool controls = false) {
  return Tlv(0x30, Number(id) + operation + (controls ? kControls : ""));
}

std::string Bind(std::uint32_t id, bool sasl = false, const std::string& name = "cn=a") {
  return Message(id, Tlv(0x60, Number(3) + Tlv(0x04, name) +
                                   (sasl ? Tlv(0xA3, Tlv(0x04, "GSSAPI")) : Tlv(0x80, "secret"))));
}
std::string Search(std::uint32_t id, bool controls = false) {
  return Message(id, Tlv(0x63, Tlv(0x04, "dc=test") + std::string(40, 'x')), controls);
}
std::string Modify(std::uint32_t id) { return Message(id, Tlv(0x66, Tlv(0x04, "cn=a"))); }
std::string Delete(std::uint32_t id) { return Message(id, Tlv(0x4A, "cn=a")); }
std::string Compare(std::uint32_t id) { return Message(id, Tlv(0x6E, Tlv(0x04, "cn=a"))); }
std::string Abandon(std::uint32_t id, std::uint32_t target) {
  std::string number = Number(target);
  return Message(id, Tlv(0x50, number.substr(2)));
}
std::string Extended(std::uint32_t id, const std::string& name, const std::string& value = "") {
  return Message(id, Tlv(0x77, Tlv(0x80, name) + (value.empty() ? "" : Tlv(0x81, value))));
}
std::string Cancel(std::uint32_t id, std::uint32_t target) {
  return Extended(id, kCancelName, Tlv(0x30, Number(target)));
}
std::string Unbind(std::uint32_t id) { return Message(id, Tlv(0x42, "")); }
std::string Result(std::uint32_t id, std::uint8_t operation, std::uint32_t code = 0) {
  return Message(id, Tlv(operation, Number(code, 0x0A) + Tlv(0x04, "") + Tlv(0x04, "")));
}
std::string Entry(std::uint32_t id, bool controls = false) {
  return Message(id, Tlv(0x64, Tlv(0x04, "cn=a") + Tlv(0x30, "")), controls);
}
std::string Done(std::uint32_t id) { return Result(id, 0x65); }

using Options = std::vector<funnel_option>;

class LdapModule : public ModuleUnderTest {
 public:
  explicit LdapModule(const char* entries = "free")
      : ModuleUnderTest(Options{{"entries", entries}}) {}
  funnel_verdict Client(const std::string& bytes) { return Read(FUNNEL_CLIENT, AsBytes(bytes)); }
  funnel_verdict Server(const std::string& bytes) { return Read(FUNNEL_SERVER, AsBytes(bytes)); }
};

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

// --- the model: LDAP's rules by themselves, against every order that the module allows

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
