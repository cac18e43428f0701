// How the dns module classifies messages, and whether that keeps DNS's own rules.
#include <gtest/gtest.h>

#include <string_view>

#include "tests/unit/modules/model.h"

namespace funnel::module {
namespace {

constexpr unsigned kQuery = 0, kStatus = 2, kNotify = 4, kUpdate = 5, kStateful = 6;

struct Made {
  unsigned id = 1;
  unsigned opcode = kQuery;
  bool answer = false;
  unsigned rcode = 0;
  unsigned questions = 1;
  unsigned answers = 0;
  bool reserved = false;
};

// The message as on TCP, with questions for the root's SOA, and answers without data.
Bytes Make(const Made& made) {
  ByteWriter message;
  message.U16(static_cast<std::uint16_t>(made.id));
  message.U8(static_cast<std::uint8_t>((made.answer ? 0x80 : 0) | made.opcode << 3));
  message.U8(static_cast<std::uint8_t>((made.reserved ? 0x40 : 0) | made.rcode));
  message.U16(static_cast<std::uint16_t>(made.questions))
      .U16(static_cast<std::uint16_t>(made.answers));
  message.U16(0).U16(0);
  for (unsigned i = 0; i < made.questions; ++i) message.U8(0).U16(6).U16(1);
  for (unsigned i = 0; i < made.answers; ++i) message.U8(0).U16(6).U16(1).U32(0).U16(0);
  ByteWriter framed;
  framed.Block16(message.bytes());
  return framed.Release();
}

funnel_verdict Verdict(funnel_end sender, const Made& made) {
  ModuleUnderTest dns;
  return dns.Read(sender, Make(made));
}

TEST(Dns, ReadsAQueryByItsId) {
  const funnel_verdict verdict = Verdict(FUNNEL_CLIENT, {.id = 0x1234});
  EXPECT_EQ(verdict.kind, std::uint32_t{FUNNEL_MESSAGE});
  EXPECT_EQ(verdict.order, std::uint32_t{FUNNEL_BY_KEYS});
  EXPECT_EQ(verdict.length, 19u);
  ASSERT_EQ(verdict.key_count, 2u);
  EXPECT_EQ(verdict.keys[0].value, 0x1234u);
  EXPECT_EQ(verdict.keys[0].mode, std::uint32_t{FUNNEL_EXCLUSIVE});
  EXPECT_EQ(verdict.keys[1].mode, std::uint32_t{FUNNEL_SHARED});
  EXPECT_EQ(std::string_view(verdict.label), "query");
  EXPECT_EQ(verdict.number, 0x1234u);
}

TEST(Dns, ReadsAnAnswerByItsId) {
  const funnel_verdict verdict =
      Verdict(FUNNEL_SERVER, {.id = 7, .answer = true, .rcode = 3, .answers = 2});
  EXPECT_EQ(verdict.kind, std::uint32_t{FUNNEL_MESSAGE});
  ASSERT_EQ(verdict.key_count, 1u);
  EXPECT_EQ(verdict.keys[0].value, 7u);
  EXPECT_EQ(std::string_view(verdict.label), "answer");
}

TEST(Dns, TakesEachOperationThatDnsHasOverTcp) {
  for (const unsigned opcode : {kQuery, kStatus, kNotify, kUpdate}) {
    EXPECT_EQ(Verdict(FUNNEL_CLIENT, {.opcode = opcode}).kind, std::uint32_t{FUNNEL_MESSAGE});
    EXPECT_EQ(Verdict(FUNNEL_SERVER, {.opcode = opcode, .answer = true}).kind,
              std::uint32_t{FUNNEL_MESSAGE});
  }
}

TEST(Dns, TakesAnUpdateForAWrite) {
  const funnel_verdict verdict = Verdict(FUNNEL_CLIENT, {.opcode = kUpdate});
  ASSERT_EQ(verdict.key_count, 2u);
  EXPECT_EQ(verdict.keys[1].mode, std::uint32_t{FUNNEL_EXCLUSIVE});
}

TEST(Dns, AsksForMoreUntilTheHeaderIsThere) {
  const Bytes query = Make({});
  for (std::size_t size = 1; size < 14; ++size) {
    ModuleUnderTest dns;
    EXPECT_EQ(dns.Read(FUNNEL_CLIENT, ByteView(query).first(size)).kind,
              std::uint32_t{FUNNEL_NEED_MORE})
        << size;
  }
  ModuleUnderTest dns;
  EXPECT_EQ(dns.Read(FUNNEL_CLIENT, ByteView(query).first(14)).kind, std::uint32_t{FUNNEL_MESSAGE});
  EXPECT_EQ(::funnel_module.head_max, 14u);
}

TEST(Dns, BecomesAStreamWithStatefulOperations) {
  EXPECT_EQ(Verdict(FUNNEL_CLIENT, {.opcode = kStateful, .questions = 0}).kind,
            std::uint32_t{FUNNEL_STREAM});
  // The server may begin one, too.
  EXPECT_EQ(Verdict(FUNNEL_SERVER, {.opcode = kStateful, .questions = 0}).kind,
            std::uint32_t{FUNNEL_STREAM});
}

TEST(Dns, RefusesWhatIsNotDns) {
  const auto mismatch = std::uint32_t{FUNNEL_MISMATCH};
  EXPECT_EQ(Verdict(FUNNEL_CLIENT, {.answer = true}).kind, mismatch);
  EXPECT_EQ(Verdict(FUNNEL_SERVER, {}).kind, mismatch);
  EXPECT_EQ(Verdict(FUNNEL_CLIENT, {.reserved = true}).kind, mismatch);
  EXPECT_EQ(Verdict(FUNNEL_CLIENT, {.rcode = 1}).kind, mismatch);
  EXPECT_EQ(Verdict(FUNNEL_CLIENT, {.questions = 2}).kind, mismatch);
  EXPECT_EQ(Verdict(FUNNEL_CLIENT, {.opcode = kUpdate, .questions = 0}).kind, mismatch);
  for (const unsigned opcode : {1u, 3u, 7u, 15u})
    EXPECT_EQ(Verdict(FUNNEL_CLIENT, {.opcode = opcode}).kind, mismatch) << opcode;
}

TEST(Dns, RefusesMoreRecordsThanFit) {
  Bytes answer = Make({.answer = true, .answers = 1});
  answer[2 + 7] = 2;
  ModuleUnderTest dns;
  EXPECT_EQ(dns.Read(FUNNEL_SERVER, answer).kind, std::uint32_t{FUNNEL_MISMATCH});
}

TEST(Dns, RefusesALengthWithoutRoomForAHeader) {
  ModuleUnderTest dns;
  EXPECT_EQ(dns.Read(FUNNEL_CLIENT, Bytes{0, 11}).kind, std::uint32_t{FUNNEL_MISMATCH});
  EXPECT_EQ(dns.Read(FUNNEL_CLIENT, Bytes{0, 0, 1}).kind, std::uint32_t{FUNNEL_MISMATCH});
}

// TLS on DNS's port must not be cut into messages, although its length looks plausible.
TEST(Dns, RefusesTls) {
  for (const std::uint8_t version : {1, 3}) {
    const Bytes hello{0x16, 3, version, 1, 0x40, 1, 0, 1, 0x3c, 3, 3, 0x5a, 0x11, 0x20, 0x7f, 0x01};
    ModuleUnderTest dns;
    EXPECT_EQ(dns.Read(FUNNEL_CLIENT, hello).kind, std::uint32_t{FUNNEL_MISMATCH});
  }
  const Bytes hello{0x16, 3, 3, 0, 0x7a, 2, 0, 0, 0x76, 3, 3, 0x5a, 0x11, 0x20, 0x7f, 0x01};
  ModuleUnderTest dns;
  EXPECT_EQ(dns.Read(FUNNEL_SERVER, hello).kind, std::uint32_t{FUNNEL_MISMATCH});
}

TEST(Dns, RefusesHttp) {
  ModuleUnderTest dns;
  EXPECT_EQ(dns.Read(FUNNEL_CLIENT, AsBytes("GET / HTTP/1.1\r\nHost: a\r\n")).kind,
            std::uint32_t{FUNNEL_MISMATCH});
}

// --- the model: DNS's rules by themselves, against every order that the module allows

// Whether the earlier of two messages of the client must come first. "If the updates are to be done
// in order, the client sends them in order": the server must see a change, and what was sent before
// and after it, in the client's order; the same is true for requests of one id.
bool MustStayAsked(const Made& one, const Made& two) {
  return one.id == two.id || one.opcode == kUpdate || two.opcode == kUpdate;
}
// A zone transfer is a sequence of messages with one id.
bool MustStayAnswered(const Made& one, const Made& two) { return one.id == two.id; }

bool Breaks(const Alter& alter) {
  return BreaksRules<Made>(
      [](MadeUp<Made>& talk) {
        for (int i = 0; i < 40; ++i) {
          const Made asked{.id = talk.Below(6), .opcode = talk.Below(6) == 0 ? kUpdate : kQuery};
          talk.Say(FUNNEL_CLIENT, asked, Make(asked));
          const Made answered{.id = talk.Below(6), .answer = true, .answers = 1};
          talk.Say(FUNNEL_SERVER, answered, Make(answered));
        }
        return talk.Breaks(FUNNEL_CLIENT, MustStayAsked) ||
               talk.Breaks(FUNNEL_SERVER, MustStayAnswered);
      },
      alter);
}

TEST(DnsModel, KeepsTheRulesOfDns) { EXPECT_FALSE(Breaks(alter::Nothing)); }

TEST(DnsModel, NoticesMissingOrWrongKeys) {
  EXPECT_TRUE(Breaks(alter::NoKeys));
  EXPECT_TRUE(Breaks(alter::AllShared));
  EXPECT_TRUE(Breaks([](funnel_verdict& verdict) { verdict.key_count = 1; }));
  // Writers declared as readers.
  EXPECT_TRUE(Breaks([](funnel_verdict& verdict) {
    if (verdict.key_count == 2) verdict.keys[1].mode = FUNNEL_SHARED;
  }));
}

TEST(DnsModel, LetsMostAnswersOvertake) {
  ModuleUnderTest dns;
  SentMessages answers;
  for (unsigned id = 0; id < 100; ++id)
    answers.Add(dns.Read(FUNNEL_SERVER, Make({.id = id, .answer = true})));
  for (const Placed& placed : answers.placed())
    EXPECT_EQ(placed.decision.order, wire::Order::kFree);
}

}  // namespace
}  // namespace funnel::module
