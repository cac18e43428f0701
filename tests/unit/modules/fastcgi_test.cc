// How the fastcgi module classifies records, and whether that keeps FastCGI's own rules.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/modules/model.h"

namespace funnel::module {
namespace {

enum Type : std::uint8_t {
  kBegin = 1,
  kAbort = 2,
  kEnd = 3,
  kParams = 4,
  kStdin = 5,
  kStdout = 6,
  kStderr = 7,
  kData = 8,
  kGetValues = 9,
  kGetValuesResult = 10,
  kUnknownType = 11,
};

Bytes Make(Type type, std::uint16_t id, std::size_t content, std::uint8_t padding = 0) {
  ByteWriter out;
  out.U8(1).U8(type).U16(id).U16(static_cast<std::uint16_t>(content)).U8(padding).U8(0);
  return out.Append(std::string(content + padding, 'x')).Release();
}

funnel_verdict Verdict(funnel_end sender, const Bytes& bytes) {
  ModuleUnderTest fastcgi;
  return fastcgi.Read(sender, bytes);
}

bool IsMismatch(funnel_end sender, const Bytes& bytes) {
  return Verdict(sender, bytes).kind == FUNNEL_MISMATCH;
}

TEST(FastCgi, ReadsWhatTheWebServerSendsByItsRequest) {
  for (const Type type : {kParams, kStdin, kData}) {
    const funnel_verdict verdict = Verdict(FUNNEL_CLIENT, Make(type, 7, 20, 4));
    EXPECT_EQ(verdict.kind, std::uint32_t{FUNNEL_MESSAGE});
    EXPECT_EQ(verdict.length, 32u);
    ASSERT_EQ(verdict.key_count, 1u);
    EXPECT_EQ(verdict.keys[0].value, 7u);
  }
  EXPECT_EQ(Verdict(FUNNEL_CLIENT, Make(kBegin, 7, 8)).key_count, 1u);
  EXPECT_EQ(Verdict(FUNNEL_CLIENT, Make(kAbort, 7, 0)).key_count, 1u);
}

TEST(FastCgi, KeepsTheStreamsOfAnAnswerApart) {
  const funnel_verdict out = Verdict(FUNNEL_SERVER, Make(kStdout, 7, 20));
  const funnel_verdict error = Verdict(FUNNEL_SERVER, Make(kStderr, 7, 20));
  ASSERT_EQ(out.key_count, 1u);
  ASSERT_EQ(error.key_count, 1u);
  EXPECT_NE(out.keys[0].space, error.keys[0].space);
  EXPECT_EQ(Verdict(FUNNEL_SERVER, Make(kEnd, 7, 8)).key_count, 2u);
  EXPECT_EQ(std::string_view(out.label), "stdout");
}

TEST(FastCgi, TakesManagementForBarriers) {
  EXPECT_EQ(Verdict(FUNNEL_CLIENT, Make(kGetValues, 0, 20)).order, std::uint32_t{FUNNEL_BARRIER});
  EXPECT_EQ(Verdict(FUNNEL_SERVER, Make(kGetValuesResult, 0, 9)).order,
            std::uint32_t{FUNNEL_BARRIER});
  EXPECT_EQ(Verdict(FUNNEL_SERVER, Make(kUnknownType, 0, 8)).order, std::uint32_t{FUNNEL_BARRIER});
}

TEST(FastCgi, AsksForMoreUntilTheHeaderIsThere) {
  const Bytes record = Make(kStdin, 7, 20);
  for (std::size_t size = 1; size < 8; ++size) {
    ModuleUnderTest fastcgi;
    EXPECT_EQ(fastcgi.Read(FUNNEL_CLIENT, ByteView(record).first(size)).kind,
              std::uint32_t{FUNNEL_NEED_MORE});
  }
  ModuleUnderTest fastcgi;
  EXPECT_EQ(fastcgi.Read(FUNNEL_CLIENT, ByteView(record).first(8)).kind,
            std::uint32_t{FUNNEL_MESSAGE});
  EXPECT_EQ(::funnel_module.head_max, 8u);
}

TEST(FastCgi, RefusesWhatIsNotFastCgi) {
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Bytes{0x16, 3, 1}));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Bytes{'G', 'E', 'T', ' ', '/', ' ', 'H', 'T'}));
  Bytes version_2 = Make(kStdin, 7, 20);
  version_2[0] = 2;
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, version_2));
  // Records of the other end, of neither end, without the request that they need, or with one too
  // many.
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Make(kStdout, 7, 20)));
  EXPECT_TRUE(IsMismatch(FUNNEL_SERVER, Make(kStdin, 7, 20)));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Make(static_cast<Type>(12), 7, 20)));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Make(static_cast<Type>(0), 7, 20)));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Make(kStdin, 0, 20)));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Make(kGetValues, 7, 20)));
  // Records with a length that their kind cannot have.
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Make(kBegin, 7, 9)));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Make(kAbort, 7, 1)));
  EXPECT_TRUE(IsMismatch(FUNNEL_SERVER, Make(kEnd, 7, 0)));
}

// --- the model: FastCGI's rules by themselves, against every order that the module allows

struct Said {
  Type type;
  std::uint16_t id;
};

// Whether the earlier of two records of one direction must come first.
bool MustStay(const Said& one, const Said& two) {
  if (one.id == 0 || two.id == 0) return true;
  if (one.id != two.id) return false;
  const bool streams =
      (one.type == kStdout && two.type == kStderr) || (one.type == kStderr && two.type == kStdout);
  return !streams;
}

bool Breaks(const Alter& alter) {
  return BreaksRules<Said>(
      [](MadeUp<Said>& talk) {
        const auto say = [&](funnel_end sender, Type type, std::uint16_t id) {
          const std::size_t content = type == kBegin || type == kEnd ? 8 : talk.Below(40);
          talk.Say(sender, {type, id}, Make(type, id, content));
        };

        for (int i = 0; i < 40; ++i) {
          const auto id = static_cast<std::uint16_t>(1 + talk.Below(5));
          constexpr Type kAsked[] = {kBegin, kParams, kStdin, kStdin};
          constexpr Type kAnswered[] = {kStdout, kStdout, kStderr, kEnd};
          if (talk.Below(20) == 0) {
            say(FUNNEL_CLIENT, kGetValues, 0);
            say(FUNNEL_SERVER, kGetValuesResult, 0);
          }
          say(FUNNEL_CLIENT, kAsked[talk.Below(4)], id);
          say(FUNNEL_SERVER, kAnswered[talk.Below(4)], id);
        }
        return talk.Breaks(FUNNEL_CLIENT, MustStay) || talk.Breaks(FUNNEL_SERVER, MustStay);
      },
      alter);
}

TEST(FastCgiModel, KeepsTheRulesOfFastCgi) { EXPECT_FALSE(Breaks(alter::Nothing)); }

TEST(FastCgiModel, NoticesMissingOrWrongKeys) {
  EXPECT_TRUE(Breaks(alter::NoKeys));
  EXPECT_TRUE(Breaks(alter::AllShared));
  EXPECT_TRUE(Breaks(alter::NoBarriers));
  // The end follows only one of the streams.
  for (const std::uint32_t left : {0, 1}) {
    EXPECT_TRUE(Breaks([left](funnel_verdict& verdict) {
      if (verdict.key_count != 2) return;
      verdict.keys[0] = verdict.keys[left];
      verdict.key_count = 1;
    }));
  }
}

}  // namespace
}  // namespace funnel::module
