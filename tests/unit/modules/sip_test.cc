// How the sip module classifies messages, and whether that keeps SIP's own rules.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/modules/model.h"

namespace funnel::module {
namespace {

struct Made {
  std::string start = "INVITE sip:b@example.test SIP/2.0";
  std::string call = "1@a";
  std::string fields = "";  // each with its line's end
  std::string body = "";
};

std::string Make(const Made& made) {
  return made.start + "\r\nVia: SIP/2.0/TCP a.example.test\r\nCall-ID: " + made.call + "\r\n" +
         made.fields + "Content-Length: " + std::to_string(made.body.size()) + "\r\n\r\n" +
         made.body;
}
const std::string kOk = "SIP/2.0 200 OK";

funnel_verdict Of(funnel_end sender, const std::string& bytes) {
  return ModuleUnderTest().Read(sender, AsBytes(bytes));
}
funnel_verdict Of(const Made& made) { return Of(FUNNEL_CLIENT, Make(made)); }
bool IsMismatch(const std::string& bytes) {
  return Of(FUNNEL_CLIENT, bytes).kind == FUNNEL_MISMATCH;
}

TEST(Sip, ReadsMessagesByTheirCallId) {
  const funnel_verdict request = Of({.body = "v=0\r\n"});
  EXPECT_EQ(request.kind, std::uint32_t{FUNNEL_MESSAGE});
  EXPECT_EQ(request.length, Make({.body = "v=0\r\n"}).size());
  ASSERT_EQ(request.key_count, 1u);
  EXPECT_EQ(std::string_view(request.label), "INVITE");
  const funnel_verdict response = Of({.start = kOk});
  ASSERT_EQ(response.key_count, 1u);
  EXPECT_EQ(response.keys[0].value, request.keys[0].value);
  EXPECT_EQ(response.number, 200u);
  EXPECT_NE(Of({.call = "2@a"}).keys[0].value, request.keys[0].value);
}

TEST(Sip, ReadsShortNamesFoldedLinesAndAnyCase) {
  const std::string head = "BYE sip:b@c SIP/2.0\r\n";
  const std::uint64_t plain = Of({.call = "7@a"}).keys[0].value;
  for (const std::string fields : {"i: 7@a\r\nl: 3\r\n", "CALL-id : 7@a\r\ncontent-LENGTH :3\r\n",
                                   "Call-ID:\r\n 7@a\r\nSubject: a\r\n b\r\n\tc\r\nl:\r\n\t3\r\n",
                                   "l:3\r\ni:7@a\r\nContent-Length: 3\r\n"}) {
    const funnel_verdict verdict = Of(FUNNEL_CLIENT, head + fields + "\r\nabcdefg");
    ASSERT_EQ(verdict.kind, std::uint32_t{FUNNEL_MESSAGE}) << fields;
    EXPECT_EQ(verdict.length, head.size() + fields.size() + 2 + 3) << fields;
    EXPECT_EQ(verdict.keys[0].value, plain) << fields;
  }
}

TEST(Sip, FollowsTheDialogsThatAMessageNames) {
  const std::uint64_t other = Of({.call = "9@a"}).keys[0].value;
  for (const std::string name : {"Replaces", "JOIN", "Target-Dialog"}) {
    const funnel_verdict verdict = Of({.fields = name + ": 9@a;to-tag=1;from-tag=2\r\n"});
    ASSERT_EQ(verdict.key_count, 2u) << name;
    EXPECT_EQ(verdict.keys[1].value, other);
  }
}

TEST(Sip, ReadsKeepalives) {
  const funnel_verdict ping = Of(FUNNEL_CLIENT, "\r\n\r\nINVITE");
  EXPECT_EQ(ping.length, 4u);
  EXPECT_EQ(ping.order, std::uint32_t{FUNNEL_BY_KEYS});
  EXPECT_EQ(Of(FUNNEL_SERVER, "\r\n").length, 2u);
  EXPECT_EQ(Of(FUNNEL_SERVER, "\r\n").order, std::uint32_t{FUNNEL_BY_KEYS});
  // Half of a keepalive, whose other half must come after it.
  EXPECT_EQ(Of(FUNNEL_CLIENT, "\r\n").order, std::uint32_t{FUNNEL_BARRIER});
  EXPECT_EQ(Of(FUNNEL_CLIENT, "\r\nINVITE").length, 2u);
  EXPECT_EQ(Of(FUNNEL_CLIENT, "\r").kind, std::uint32_t{FUNNEL_NEED_MORE});
  EXPECT_EQ(Of(FUNNEL_CLIENT, "\r\n\r").kind, std::uint32_t{FUNNEL_NEED_MORE});
  EXPECT_TRUE(IsMismatch("\rx"));
}

TEST(Sip, TakesAMessageOfNoLengthForAStream) {
  EXPECT_EQ(Of(FUNNEL_CLIENT, "OPTIONS sip:b SIP/2.0\r\nCall-ID: 1\r\n\r\n").kind,
            std::uint32_t{FUNNEL_STREAM});
}

TEST(Sip, AsksForMoreUntilTheHeadIsThere) {
  const std::string message = Make({.fields = "Subject: a\r\n b\r\n", .body = "v=0"});
  const std::size_t head = message.find("\r\n\r\n") + 4;
  for (std::size_t size = 1; size < head; ++size)
    ASSERT_EQ(Of(FUNNEL_CLIENT, message.substr(0, size)).kind, std::uint32_t{FUNNEL_NEED_MORE})
        << size;
  EXPECT_EQ(Of(FUNNEL_CLIENT, message.substr(0, head)).length, message.size());
  for (std::size_t size = 1; size < 30; ++size)
    ASSERT_EQ(Of(FUNNEL_SERVER, Make({.start = kOk}).substr(0, size)).kind,
              std::uint32_t{FUNNEL_NEED_MORE});
}

TEST(Sip, RefusesWhatIsNotSip) {
  EXPECT_TRUE(IsMismatch("GET / HTTP/1.1\r\n"));
  EXPECT_TRUE(IsMismatch("GET /: HTTP/1.1\r\n"));
  EXPECT_TRUE(IsMismatch("SIP/3.0 200 OK\r\n"));
  EXPECT_TRUE(IsMismatch("SIP/2.0 20 OK\r\n"));
  EXPECT_TRUE(IsMismatch("SIP/2.0 900 OK\r\n"));
  EXPECT_TRUE(IsMismatch(std::string("\x16\x03\x01", 3)));
  EXPECT_TRUE(IsMismatch(" INVITE"));
  EXPECT_TRUE(IsMismatch("INVITE sip:b SIP/2.0\r\nCall-ID 1\r\n\r\n"));
  EXPECT_TRUE(IsMismatch("INVITE sip:b SIP/2.0\r\n\r\n"));
  EXPECT_TRUE(IsMismatch("INVITE sip:b SIP/2.0\r\nl: 0\r\n\r\n"));
  EXPECT_TRUE(IsMismatch(Make({.fields = "Call-ID: 2@a\r\n"})));
}

// If two programs see different ends of one message, they see different messages after it.
TEST(Sip, RefusesWhatOthersMightFrameOtherwise) {
  EXPECT_TRUE(IsMismatch(Make({.fields = "Content-Length: 7\r\n"})));
  EXPECT_TRUE(IsMismatch(Make({.fields = "l: -0\r\n"})));
  EXPECT_TRUE(IsMismatch(Make({.fields = "l: 0, 0\r\n"})));
  EXPECT_TRUE(IsMismatch(Make({.fields = "l:\r\n"})));
  EXPECT_TRUE(IsMismatch(Make({.fields = "l: 99999999999999999999\r\n"})));
  EXPECT_TRUE(IsMismatch(Make({.fields = "Subject: a\n\r\n"})));
  EXPECT_TRUE(IsMismatch(Make({.fields = "Subject: a\rb\r\n"})));
  EXPECT_TRUE(IsMismatch(Make({.fields = std::string("Subject: \0\r\n", 12)})));
}

// --- the model: SIP's rules by themselves, against every order that the module allows

struct Said {
  char call;
  char other = 0;     // the dialog that it names
  bool half = false;  // of a keepalive
};

bool MustStay(const Said& one, const Said& two) {
  if (one.half || two.half) return true;
  if (one.call == 0 || two.call == 0) return false;
  const auto names = [](const Said& said, char call) {
    return said.call == call || said.other == call;
  };
  return names(one, two.call) || (two.other != 0 && names(one, two.other));
}

bool Breaks(const Alter& alter) {
  return BreaksRules<Said>(
      [](MadeUp<Said>& talk) {
        const auto call = [&] { return static_cast<char>('a' + talk.Below(8)); };
        for (int i = 0; i < 60; ++i) {
          const funnel_end sender = talk.Below(2) == 0 ? FUNNEL_CLIENT : FUNNEL_SERVER;
          const std::uint32_t what = talk.Below(20);
          if (what == 0) {
            talk.Say(sender, {.call = 0, .half = sender == FUNNEL_CLIENT}, AsBytes("\r\n"));
          } else if (what == 1) {
            talk.Say(sender, {.call = 0}, AsBytes("\r\n\r\n"));
          } else {
            Said said{.call = call()};
            Made made{.start = what % 2 == 0 ? kOk : Made().start, .call = {said.call}};
            if (what < 6) {
              said.other = call();
              made.fields = std::string("Replaces: ") + said.other + ";to-tag=1\r\n";
            }
            talk.Say(sender, said, AsBytes(Make(made)));
          }
        }
        return talk.Breaks(FUNNEL_CLIENT, MustStay) || talk.Breaks(FUNNEL_SERVER, MustStay);
      },
      alter);
}

TEST(SipModel, KeepsTheRulesOfSip) { EXPECT_FALSE(Breaks(alter::Nothing)); }

TEST(SipModel, NoticesMissingOrWrongKeys) {
  EXPECT_TRUE(Breaks(alter::NoKeys));
  EXPECT_TRUE(Breaks(alter::AllShared));
  EXPECT_TRUE(Breaks(alter::NoBarriers));
  // A message without the dialogs that it names in addition to its own.
  EXPECT_TRUE(Breaks([](funnel_verdict& verdict) {
    if (verdict.key_count > 1) verdict.key_count = 1;
  }));
}

}  // namespace
}  // namespace funnel::module
