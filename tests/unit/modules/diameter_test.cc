// How the diameter module classifies messages, and whether that keeps Diameter's own rules.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/modules/model.h"

namespace funnel::module {
namespace {

enum Command : std::uint32_t {
  kCapabilities = 257,
  kReAuth = 258,
  kAccounting = 271,
  kWatchdog = 280,
  kDisconnect = 282,
};
enum Space : std::uint32_t { kRequests = 1, kAnswers, kSessions };
constexpr std::uint32_t kSessionId = 263, kOriginHost = 264;

std::string Avp(std::uint32_t code, const std::string& data, std::uint8_t flags = 0x40) {
  const auto length = static_cast<std::uint32_t>(8 + data.size());
  ByteWriter out;
  out.U32(code).U32(std::uint32_t{flags} << 24 | length);
  return std::string(AsText(out.bytes())) + data + std::string(-length % 4, '\0');
}

struct Made {
  Command command = kAccounting;
  bool request = true;
  std::uint32_t hop_by_hop = 1;
  std::string session;  // "": none
  std::uint8_t flags = 0;
};

std::string Make(const Made& made) {
  std::string avps = Avp(kOriginHost, "node.example.test");
  if (!made.session.empty()) avps = Avp(kSessionId, made.session) + avps;
  ByteWriter out;
  out.U32(1u << 24 | static_cast<std::uint32_t>(20 + avps.size()));
  out.U32(static_cast<std::uint32_t>((made.request ? 0x80 : 0) | made.flags) << 24 | made.command);
  out.U32(3).U32(made.hop_by_hop).U32(7);
  return std::string(AsText(out.bytes())) + avps;
}

// A connection on which capabilities were exchanged.
class OpenDiameter : public ModuleUnderTest {
 public:
  OpenDiameter() {
    (void)Client({.command = kCapabilities});
    (void)Server({.command = kCapabilities, .request = false});
  }
  funnel_verdict Client(const Made& made) { return Read(FUNNEL_CLIENT, AsBytes(Make(made))); }
  funnel_verdict Server(const Made& made) { return Read(FUNNEL_SERVER, AsBytes(Make(made))); }
  bool Refuses(const std::string& bytes) {
    return Read(FUNNEL_CLIENT, AsBytes(bytes)).kind == FUNNEL_MISMATCH;
  }
};

TEST(Diameter, ReadsMessagesByIdentifierAndSession) {
  OpenDiameter diameter;
  const funnel_verdict verdict = diameter.Client({.hop_by_hop = 9, .session = "a;1;2"});
  EXPECT_EQ(verdict.kind, std::uint32_t{FUNNEL_MESSAGE});
  EXPECT_EQ(verdict.order, std::uint32_t{FUNNEL_BY_KEYS});
  ASSERT_EQ(verdict.key_count, 2u);
  EXPECT_EQ(std::string_view(verdict.label), "accounting request");
  EXPECT_EQ(verdict.number, 9u);
  // Either end may ask.
  EXPECT_EQ(diameter.Server({.command = kReAuth, .session = "a;1;2"}).kind,
            std::uint32_t{FUNNEL_MESSAGE});
}

TEST(Diameter, TakesWhatBeginsAndEndsAConnectionForBarriers) {
  OpenDiameter diameter;
  for (const Command command : {kCapabilities, kDisconnect})
    for (const bool request : {true, false})
      EXPECT_EQ(diameter.Client({.command = command, .request = request}).order,
                std::uint32_t{FUNNEL_BARRIER});
  EXPECT_EQ(diameter.Client({.command = kWatchdog}).order, std::uint32_t{FUNNEL_BY_KEYS});
}

TEST(Diameter, TakesAMessageWithoutASessionInFrontForABarrier) {
  OpenDiameter diameter;
  EXPECT_EQ(diameter.Client({}).order, std::uint32_t{FUNNEL_BARRIER});
}

TEST(Diameter, BeginsWithTheCapabilities) {
  const auto first = [](funnel_end sender, const Made& made) {
    return ModuleUnderTest().Read(sender, AsBytes(Make(made))).kind;
  };
  EXPECT_EQ(first(FUNNEL_CLIENT, {.command = kCapabilities}), std::uint32_t{FUNNEL_MESSAGE});
  EXPECT_EQ(first(FUNNEL_CLIENT, {.session = "a"}), std::uint32_t{FUNNEL_MISMATCH});
  EXPECT_EQ(first(FUNNEL_CLIENT, {.command = kCapabilities, .request = false}),
            std::uint32_t{FUNNEL_MISMATCH});
  EXPECT_EQ(first(FUNNEL_SERVER, {.command = kCapabilities}), std::uint32_t{FUNNEL_MISMATCH});
  EXPECT_EQ(first(FUNNEL_SERVER, {.command = kCapabilities, .request = false}),
            std::uint32_t{FUNNEL_MESSAGE});
}

TEST(Diameter, BecomesAStreamWithTlsOnceCapabilitiesWereExchanged) {
  const std::string hello("\x16\x03\x01\x00\x80", 5);
  ModuleUnderTest first;
  EXPECT_EQ(first.Read(FUNNEL_CLIENT, AsBytes(hello)).kind, std::uint32_t{FUNNEL_MISMATCH});
  OpenDiameter diameter;
  EXPECT_EQ(diameter.Read(FUNNEL_CLIENT, AsBytes(hello)).kind, std::uint32_t{FUNNEL_STREAM});
  EXPECT_EQ(diameter.Read(FUNNEL_SERVER, AsBytes(hello)).kind, std::uint32_t{FUNNEL_STREAM});
}

TEST(Diameter, AsksForMoreUntilItCanTell) {
  const std::string whole = Make({.session = "node.example.test;1;2"});
  std::size_t told = 0;
  OpenDiameter diameter;
  const funnel_verdict all = diameter.Read(FUNNEL_CLIENT, AsBytes(whole));
  for (std::size_t size = 1; size <= whole.size(); ++size) {
    const funnel_verdict verdict = diameter.Read(FUNNEL_CLIENT, AsBytes(whole.substr(0, size)));
    ASSERT_NE(verdict.kind, std::uint32_t{FUNNEL_MISMATCH}) << size;
    if (told == 0 && verdict.kind == FUNNEL_MESSAGE) told = size;
    if (told == 0) continue;
    ASSERT_EQ(verdict.length, whole.size());
    ASSERT_EQ(verdict.keys[0].value, all.keys[0].value);
  }
  EXPECT_EQ(told, 20 + 8 + 21u);
}

TEST(Diameter, TakesLongSessionsThatBeginAlikeForOne) {
  OpenDiameter diameter;
  const std::string begin(600, 's');
  const std::string one = Make({.session = begin + "1"});
  const funnel_verdict verdict =
      diameter.Read(FUNNEL_CLIENT, AsBytes(one.substr(0, ::funnel_module.head_max)));
  EXPECT_EQ(verdict.kind, std::uint32_t{FUNNEL_MESSAGE});
  EXPECT_EQ(verdict.keys[0].value, diameter.Client({.session = begin + "2"}).keys[0].value);
}

TEST(Diameter, RefusesWhatIsNotDiameter) {
  OpenDiameter diameter;
  EXPECT_TRUE(diameter.Refuses("GET / HTTP/1.1\r\n\r\n  "));
  std::string version = Make({.session = "a"});
  version[0] = 2;
  EXPECT_TRUE(diameter.Refuses(version));
  EXPECT_TRUE(diameter.Refuses(Make({.session = "a", .flags = 0x01})));
  EXPECT_TRUE(diameter.Refuses(Make({.session = "a", .flags = 0x20})));  // an error that is a
                                                                         // request
}

TEST(Diameter, RefusesLengthsThatContradictEachOther) {
  OpenDiameter diameter;
  const auto with = [](std::size_t at, char value) {
    std::string message = Make({.session = "abcd"});
    message[at] = value;
    return message;
  };
  EXPECT_TRUE(diameter.Refuses(with(3, 16)));
  EXPECT_TRUE(diameter.Refuses(with(3, 33)));
  EXPECT_TRUE(diameter.Refuses(with(3, 24)));     // no room for an AVP
  EXPECT_TRUE(diameter.Refuses(with(27, 7)));     // an AVP without its header
  EXPECT_TRUE(diameter.Refuses(with(25, 1)));     // longer than the message
  EXPECT_TRUE(diameter.Refuses(with(24, 0x41)));  // undefined flags
}

// --- the model: Diameter's rules by themselves, against every order that the module allows

bool IsBase(const Made& made) {
  return made.command == kCapabilities || made.command == kDisconnect;
}

// Whether the earlier of two messages of one direction must come first.
bool MustStay(const Made& one, const Made& two) {
  if (IsBase(one) || IsBase(two)) return true;
  if (!one.session.empty() && one.session == two.session) return true;
  return one.request == two.request && one.hop_by_hop == two.hop_by_hop;
}

bool Breaks(const Alter& alter) {
  return BreaksRules<Made, OpenDiameter>(
      [](MadeUp<Made>& talk) {
        for (int i = 0; i < 80; ++i) {
          Made made{.request = talk.Below(2) == 0, .hop_by_hop = talk.Below(10)};
          const std::uint32_t what = talk.Below(12);
          if (what == 0) made.command = talk.Below(2) == 0 ? kCapabilities : kDisconnect;
          if (what == 1) made.command = kWatchdog;
          if (what > 1) made.session = std::string(1, static_cast<char>('a' + talk.Below(6)));
          talk.Say(talk.Below(2) == 0 ? FUNNEL_CLIENT : FUNNEL_SERVER, made, AsBytes(Make(made)));
        }
        return talk.Breaks(FUNNEL_CLIENT, MustStay) || talk.Breaks(FUNNEL_SERVER, MustStay);
      },
      alter);
}

TEST(DiameterModel, KeepsTheRulesOfDiameter) { EXPECT_FALSE(Breaks(alter::Nothing)); }

TEST(DiameterModel, NoticesMissingOrWrongKeys) {
  EXPECT_TRUE(Breaks(alter::NoKeys));
  EXPECT_TRUE(Breaks(alter::AllShared));
  EXPECT_TRUE(Breaks(alter::NoBarriers));
  for (const Space space : {kRequests, kAnswers, kSessions})
    EXPECT_TRUE(Breaks(alter::Without(space))) << space;
}

}  // namespace
}  // namespace funnel::module
