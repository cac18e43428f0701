// How the radius module classifies packets, and whether that keeps RADIUS's own rules.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/modules/model.h"
#include "tests/unit/modules/radius_codes.h"

namespace funnel::module {
namespace {

enum Attribute : std::uint8_t {
  kUserName = 1,
  kState = 24,
  kStatusType = 40,
  kSession = 44,
  kMultiSession = 50
};
enum Space : std::uint32_t { kRequests = 1, kAnswers, kStates, kSessions, kMultiSessions, kAll };

std::string Tlv(Attribute type, const std::string& value) {
  return std::string{static_cast<char>(type), static_cast<char>(value.size() + 2)} + value;
}
std::string StatusType(char status) { return Tlv(kStatusType, {0, 0, 0, status}); }

Bytes Make(Code code, std::uint8_t id, const std::string& attributes = Tlv(kUserName, "alice")) {
  ByteWriter out;
  out.U8(code).U8(id).U16(static_cast<std::uint16_t>(20 + attributes.size()));
  return out.Append(std::string(16, 'a')).Append(attributes).Release();
}
Bytes Account(std::uint8_t id, const std::string& session, char status = 1) {
  return Make(kAccounting, id, StatusType(status) + Tlv(kSession, session));
}

funnel_verdict Of(funnel_end sender, const Bytes& bytes) {
  return ModuleUnderTest().Read(sender, bytes);
}
bool IsMismatch(funnel_end sender, const Bytes& bytes) {
  return Of(sender, bytes).kind == FUNNEL_MISMATCH;
}
bool HasKey(const funnel_verdict& verdict, Space space, funnel_mode mode = FUNNEL_EXCLUSIVE) {
  for (const funnel_key& key : std::span(verdict.keys, verdict.key_count))
    if (key.space == space && key.mode == mode) return true;
  return false;
}

TEST(Radius, ReadsPacketsByTheirIdentifier) {
  const funnel_verdict asked = Of(FUNNEL_CLIENT, Make(kAccess, 7));
  EXPECT_EQ(asked.kind, std::uint32_t{FUNNEL_MESSAGE});
  EXPECT_EQ(asked.length, 27u);
  ASSERT_EQ(asked.key_count, 1u);
  EXPECT_EQ(asked.keys[0].value, 7u);
  EXPECT_EQ(std::string_view(asked.label), "access request");
  EXPECT_EQ(asked.number, 7u);
  const funnel_verdict answered = Of(FUNNEL_SERVER, Make(kAccept, 7));
  ASSERT_EQ(answered.key_count, 1u);
  EXPECT_NE(answered.keys[0].space, asked.keys[0].space);
}

TEST(Radius, KeepsASessionsAccountingInOrder) {
  const funnel_verdict start = Of(FUNNEL_CLIENT, Account(1, "s1"));
  EXPECT_TRUE(HasKey(start, kSessions));
  EXPECT_TRUE(HasKey(start, kAll, FUNNEL_SHARED));
  for (const char status : {7, 8, 9, 0})
    EXPECT_TRUE(HasKey(Of(FUNNEL_CLIENT, Account(1, "s1", status)), kAll)) << int{status};
  EXPECT_TRUE(HasKey(Of(FUNNEL_CLIENT, Make(kAccounting, 1)), kAll));
  EXPECT_TRUE(HasKey(Of(FUNNEL_CLIENT, Make(kAccounting, 1, Tlv(kStatusType, "abc"))), kAll));
}

TEST(Radius, KeepsAConversationOfEapInOrder) {
  EXPECT_TRUE(HasKey(Of(FUNNEL_CLIENT, Make(kAccess, 1, Tlv(kState, "x"))), kStates));
  EXPECT_TRUE(HasKey(Of(FUNNEL_SERVER, Make(kChallenge, 1, Tlv(kState, "x"))), kStates));
}

TEST(Radius, PutsChangesBehindAll) {
  for (const Code code : {kDisconnect, kChange})
    for (const funnel_end sender : {FUNNEL_CLIENT, FUNNEL_SERVER})
      EXPECT_EQ(Of(sender, Make(code, 1)).order, std::uint32_t{FUNNEL_AFTER_ALL});
  EXPECT_EQ(Of(FUNNEL_CLIENT, Make(kDisconnected, 1)).order, std::uint32_t{FUNNEL_BY_KEYS});
}

TEST(Radius, AsksForMoreUntilThePacketIsThere) {
  const Bytes packet = Make(kAccess, 7);
  for (std::size_t size = 1; size < packet.size(); ++size)
    EXPECT_EQ(Of(FUNNEL_CLIENT, Bytes(packet.begin(), packet.begin() + size)).kind,
              std::uint32_t{FUNNEL_NEED_MORE})
        << size;
  EXPECT_EQ(::funnel_module.head_max, 4096u);
  Bytes two = packet;
  two.insert(two.end(), packet.begin(), packet.end());
  EXPECT_EQ(Of(FUNNEL_CLIENT, two).length, packet.size());
}

TEST(Radius, TakesALongestPacketAndNoLongerOne) {
  std::string attributes;
  while (attributes.size() < 4076 - 255) attributes += Tlv(kUserName, std::string(253, 'x'));
  attributes += Tlv(kUserName, std::string(4076 - attributes.size() - 2, 'x'));
  const Bytes longest = Make(kAccess, 1, attributes);
  ASSERT_EQ(longest.size(), 4096u);
  EXPECT_EQ(Of(FUNNEL_CLIENT, longest).length, 4096u);
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Bytes{kAccess, 1, 0x10, 0x01}));
}

TEST(Radius, RefusesWhatIsNotRadius) {
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Bytes{0x16, 3, 1}));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Bytes{'G', 'E', 'T', ' '}));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Bytes{kAccess, 1, 0, 19}));
  // Packets of the other end, or of neither end.
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Make(kAccept, 1)));
  EXPECT_TRUE(IsMismatch(FUNNEL_SERVER, Make(kAccess, 1)));
  EXPECT_TRUE(IsMismatch(FUNNEL_SERVER, Make(static_cast<Code>(0), 1)));
}

TEST(Radius, RefusesAttributesThatDoNotFillThePacket) {
  for (const std::string attributes : {"\1", "\1\1", "\1\0x", "\1\5ab", "\1\3a\1"})
    EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Make(kAccess, 1, attributes))) << attributes.size();
}

// --- the model: RADIUS's rules by themselves, against every order that the module allows

struct Said {
  Code code;
  std::uint8_t id;
  std::string session;  // of accounting
  std::string state;
  bool whole = false;  // accounting of the whole device
};

bool IsAnswer(Code code) { return code != kAccess && code != kAccounting && code != kDisconnect; }

// Whether the earlier of two packets of one direction must come first.
bool MustStay(const Said& one, const Said& two) {
  if (two.code == kDisconnect) return true;
  if (one.code == kAccounting && two.code == kAccounting &&
      (one.whole || two.whole || one.session == two.session))
    return true;
  if (!one.state.empty() && one.state == two.state) return true;
  return one.id == two.id && IsAnswer(one.code) == IsAnswer(two.code);
}

void Converse(MadeUp<Said>& talk) {
  const auto id = [&] { return static_cast<std::uint8_t>(talk.Below(12)); };
  const auto name = [&] { return std::string(1, static_cast<char>('a' + talk.Below(4))); };
  for (int i = 0; i < 40; ++i) {
    Said asked{kAccess, id(), "", ""};
    switch (talk.Below(8)) {
      case 0:
        asked.code = kDisconnect;
        talk.Say(FUNNEL_CLIENT, asked, Make(kDisconnect, asked.id));
        break;
      case 1:
      case 2:
      case 3:
        asked.code = kAccounting;
        asked.session = name();
        asked.whole = talk.Below(6) == 0;
        talk.Say(FUNNEL_CLIENT, asked, Account(asked.id, asked.session, asked.whole ? 8 : 1));
        break;
      case 4:
        asked.state = name();
        talk.Say(FUNNEL_CLIENT, asked, Make(kAccess, asked.id, Tlv(kState, asked.state)));
        break;
      default:
        talk.Say(FUNNEL_CLIENT, asked, Make(kAccess, asked.id));
    }

    Said answered{talk.Below(2) == 0 ? kAccept : kAccounted, id(), "", ""};
    if (talk.Below(3) == 0) {
      answered.code = kChallenge;
      answered.state = name();
      talk.Say(FUNNEL_SERVER, answered, Make(kChallenge, answered.id, Tlv(kState, answered.state)));
    } else {
      if (talk.Below(8) == 0) answered.code = kDisconnect;
      talk.Say(FUNNEL_SERVER, answered, Make(answered.code, answered.id));
    }
  }
}

bool Breaks(const Alter& alter) {
  return BreaksRules<Said>(
      [](MadeUp<Said>& talk) {
        Converse(talk);
        return talk.Breaks(FUNNEL_CLIENT, MustStay) || talk.Breaks(FUNNEL_SERVER, MustStay);
      },
      alter);
}

TEST(RadiusModel, KeepsTheRulesOfRadius) { EXPECT_FALSE(Breaks(alter::Nothing)); }

TEST(RadiusModel, NoticesMissingOrWrongKeys) {
  EXPECT_TRUE(Breaks(alter::NoKeys));
  EXPECT_TRUE(Breaks(alter::AllShared));
  EXPECT_TRUE(Breaks(alter::NoAfterAll));
  for (const Space space : {kRequests, kAnswers, kStates, kSessions, kAll})
    EXPECT_TRUE(Breaks(alter::Without(space))) << space;
}

TEST(RadiusModel, LetsRequestsAndAnswersOvertake) {
  ModuleUnderTest radius;
  SentMessages requests, answers;
  for (std::uint8_t id = 0; id < 200; ++id) {
    requests.Add(radius.Read(
        FUNNEL_CLIENT, id % 2 == 0 ? Make(kAccess, id) : Account(id, std::to_string(int{id}))));
    answers.Add(radius.Read(FUNNEL_SERVER, Make(id % 2 == 0 ? kAccept : kAccounted, id)));
  }
  for (const SentMessages* sent : {&requests, &answers})
    for (const Placed& placed : sent->placed())
      EXPECT_EQ(placed.decision.order, wire::Order::kFree);
}

}  // namespace
}  // namespace funnel::module
