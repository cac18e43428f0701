// Whether the xmpp module's verdicts keep XMPP's own rules (RFC 6120, section 10.1): a model of two
// servers, and of a client and its server.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/modules/model.h"
#include "tests/unit/modules/xmpp_streams.h"

namespace funnel::module {
namespace {

// The content of a generated element, as its maker knows it. Each entity has a letter; 0: the
// server, the client's own account, or nobody.
struct Said {
  enum Kind { kStanza, kSpace, kElement } kind = kStanza;
  char from = 0, to = 0;
};

bool MustStay(const Said& one, const Said& two) {
  if (one.kind == Said::kElement || two.kind == Said::kElement) return true;
  if (one.kind == Said::kSpace || two.kind == Said::kSpace) return false;
  const auto for_server = [](const Said& said) { return said.from == 0 || said.to == 0; };
  if (for_server(one) || for_server(two)) return true;
  return one.from == two.from && one.to == two.to;
}

class Chat {
 public:
  // SERVERS: between two of them; otherwise between the client "me@x" and its server.
  Chat(MadeUp<Said>& talk, bool servers) : talk_(talk), servers_(servers) {}

  void Run() {
    constexpr int kElements = 60;
    for (int i = 0; i < kElements; ++i) {
      const funnel_end sender = talk_.Below(2) == 0 ? FUNNEL_CLIENT : FUNNEL_SERVER;
      const std::uint32_t what = talk_.Below(30);
      if (what == 0) {
        talk_.Say(sender, {Said::kElement}, AsBytes("<db:verify/>"));
      } else if (what == 1) {
        talk_.Say(sender, {Said::kSpace}, AsBytes(" "));
      } else if (what == 2) {
        talk_.Say(sender, {}, AsBytes(std::string(servers_ ? "<iq from='x' to='b@y'/>" : "<iq/>")));
      } else {
        Stanza(sender);
      }
    }
  }

 private:
  void Stanza(funnel_end sender) {
    Said said;
    const bool from_client = !servers_ && sender == FUNNEL_CLIENT;
    const bool to_client = !servers_ && sender == FUNNEL_SERVER;
    said.from = from_client ? 'm' : Entity('a');
    said.to = to_client ? 'm' : Entity(servers_ ? 'p' : 'a');
    const char* const names[] = {"message", "presence", "iq"};
    std::string text = std::string("<") + names[talk_.Below(3)];
    if (!from_client || talk_.Below(2) == 0) text += " from='" + Address(said.from) + "'";
    text += " to='" + Address(said.to) + "'><body>to='z@z'</body></";
    talk_.Say(sender, said, AsBytes(text + text.substr(1, text.find(' ') - 1) + ">"));
  }
  char Entity(char first) { return static_cast<char>(first + talk_.Below(4)); }
  // Bare or full, in upper or lower case.
  std::string Address(char entity) {
    const char letter = talk_.Below(3) == 0 ? static_cast<char>(entity - 32) : entity;
    return std::string(1, letter) + "@x" + (talk_.Below(2) == 0 ? "/desk" : "");
  }

  MadeUp<Said>& talk_;
  const bool servers_;
};

bool Breaks(const Alter& alter) {
  const auto converse = [](bool servers) {
    return [servers](MadeUp<Said>& talk) {
      Chat(talk, servers).Run();
      return talk.Breaks(FUNNEL_CLIENT, MustStay) || talk.Breaks(FUNNEL_SERVER, MustStay);
    };
  };
  return BreaksRules<Said, XmppServers>(converse(true), alter) ||
         BreaksRules<Said, Xmpp>(converse(false), alter);
}

TEST(XmppModel, KeepsTheRulesOfXmpp) { EXPECT_FALSE(Breaks(alter::Nothing)); }

TEST(XmppModel, NoticesMissingOrWrongKeys) {
  EXPECT_TRUE(Breaks(alter::NoKeys));
  EXPECT_TRUE(Breaks(alter::AllShared));
  EXPECT_TRUE(Breaks(alter::NoBarriers));
  EXPECT_TRUE(Breaks([](funnel_verdict& verdict) {
    if (verdict.order == FUNNEL_BARRIER) verdict.order = FUNNEL_AFTER_ALL;
  }));
  // The key is right half of the time.
  EXPECT_TRUE(Breaks([](funnel_verdict& verdict) { verdict.keys[0].space += verdict.length % 2; }));
}

}  // namespace
}  // namespace funnel::module
