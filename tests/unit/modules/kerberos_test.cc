// How the kerberos module classifies messages, and whether that keeps Kerberos's own rules.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/modules/model.h"

namespace funnel::module {
namespace {

enum Tag : std::uint8_t {
  kAsRequest = 0x6A,
  kAsReply = 0x6B,
  kTgsRequest = 0x6C,
  kTgsReply = 0x6D,
  kApRequest = 0x6E,
  kError = 0x7E,
};

std::string Der(std::uint8_t tag, const std::string& value) {
  std::string out(1, static_cast<char>(tag));
  const std::size_t size = value.size();
  if (size >= 0x80) {
    out += "\x82";
    out += static_cast<char>(size >> 8);
  }
  return out + static_cast<char>(size) + value;
}

std::string Framed(const std::string& message) {
  ByteWriter out;
  out.U32(static_cast<std::uint32_t>(message.size()));
  return std::string(AsText(out.bytes())) + message;
}

std::string Make(Tag tag, std::size_t rest = 40, char pvno = 5) {
  const bool request = tag == kAsRequest || tag == kTgsRequest;
  std::string content{static_cast<char>(request ? 0xA1 : 0xA0), 3, 2, 1, pvno};
  return Framed(Der(tag, Der(0x30, content + std::string(rest, 'x'))));
}

// A change of a password, or its answer.
std::string Change(unsigned version, std::size_t ap = 20, std::size_t rest = 30) {
  ByteWriter out;
  out.U16(static_cast<std::uint16_t>(6 + ap + rest)).U16(static_cast<std::uint16_t>(version));
  out.U16(static_cast<std::uint16_t>(ap));
  return Framed(std::string(AsText(out.bytes())) + std::string(ap + rest, 'x'));
}

funnel_verdict Of(funnel_end sender, const std::string& bytes) {
  return ModuleUnderTest().Read(sender, AsBytes(bytes));
}
bool IsMismatch(funnel_end sender, const std::string& bytes) {
  return Of(sender, bytes).kind == FUNNEL_MISMATCH;
}

TEST(Kerberos, LeavesEachMessageFree) {
  for (const auto& [sender, tag] : {std::pair{FUNNEL_CLIENT, kAsRequest},
                                    {FUNNEL_CLIENT, kTgsRequest},
                                    {FUNNEL_SERVER, kAsReply},
                                    {FUNNEL_SERVER, kTgsReply},
                                    {FUNNEL_SERVER, kError}}) {
    const funnel_verdict verdict = Of(sender, Make(tag));
    EXPECT_EQ(verdict.kind, std::uint32_t{FUNNEL_MESSAGE}) << tag;
    EXPECT_EQ(verdict.order, std::uint32_t{FUNNEL_BY_KEYS});
    EXPECT_EQ(verdict.key_count, 0u);
    EXPECT_EQ(verdict.length, Make(tag).size());
  }
  EXPECT_EQ(std::string_view(Of(FUNNEL_CLIENT, Make(kAsRequest)).label), "AS request");
}

TEST(Kerberos, ReadsLongMessages) {
  EXPECT_EQ(Of(FUNNEL_CLIENT, Make(kTgsRequest, 20000).substr(0, 40)).length,
            Make(kTgsRequest, 20000).size());
}

TEST(Kerberos, KeepsPasswordChangesInOrder) {
  ModuleUnderTest kerberos;
  EXPECT_EQ(kerberos.Read(FUNNEL_SERVER, AsBytes(Make(kError))).key_count, 0u);
  for (const unsigned version : {1u, 0xFF80u}) {
    const funnel_verdict verdict = kerberos.Read(FUNNEL_CLIENT, AsBytes(Change(version)));
    EXPECT_EQ(verdict.kind, std::uint32_t{FUNNEL_MESSAGE});
    EXPECT_EQ(verdict.key_count, 1u);
    EXPECT_EQ(std::string_view(verdict.label), "password change");
  }
  EXPECT_EQ(kerberos.Read(FUNNEL_SERVER, AsBytes(Change(1))).key_count, 1u);
  // It may be the answer to one.
  EXPECT_EQ(kerberos.Read(FUNNEL_SERVER, AsBytes(Make(kError))).key_count, 1u);
}

TEST(Kerberos, AsksForMoreUntilItCanTell) {
  for (const std::string& whole :
       {Make(kAsRequest), Make(kTgsRequest, 300), Change(0xFF80), Change(1)}) {
    std::size_t told = 0;
    for (std::size_t size = 1; size <= whole.size(); ++size) {
      const funnel_verdict verdict = Of(FUNNEL_CLIENT, whole.substr(0, size));
      ASSERT_NE(verdict.kind, std::uint32_t{FUNNEL_MISMATCH}) << size;
      if (told == 0 && verdict.kind == FUNNEL_MESSAGE) told = size;
      if (told == 0) continue;
      ASSERT_EQ(verdict.length, whole.size());
    }
    EXPECT_GT(told, 0u);
    EXPECT_LE(told, ::funnel_module.head_max);
  }
}

TEST(Kerberos, RefusesWhatIsNotKerberos) {
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, "GET / HTTP/1.1\r\nHost: a\r\n"));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, std::string("\x16\x03\x01\x00\xff", 5)));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, std::string("\x80\0\0\x20\x6A", 5)));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, std::string("\0\0\0\x08\x6A", 5)));
  // A message of the other end; one not of version 5; one that no KDC sends or gets.
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Make(kAsReply)));
  EXPECT_TRUE(IsMismatch(FUNNEL_SERVER, Make(kAsRequest)));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Make(kAsRequest, 40, 4)));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Make(kApRequest)));
  // A change with a version that answers do not have, or that nobody has.
  EXPECT_TRUE(IsMismatch(FUNNEL_SERVER, Change(0xFF80)));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, Change(2)));
}

TEST(Kerberos, RefusesLengthsThatContradictEachOther) {
  std::string request = Make(kAsRequest);
  ++request[3];
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, request));
  std::string inner = Make(kAsRequest);
  --inner[7];
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, inner));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, std::string("\0\0\1\0\x6A\x80\x30\x80", 8)));
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, std::string("\0\0\1\0\x6A\x89\x30\x80", 8)));
  std::string change = Change(1);
  ++change[5];
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, change));
  std::string ap = Change(1);
  ap[8] = 1;
  EXPECT_TRUE(IsMismatch(FUNNEL_CLIENT, ap));
}

// --- the model: only changes of passwords have an order

bool MustStay(const bool& one, const bool& two) { return one && two; }

bool Breaks(const Alter& alter) {
  return BreaksRules<bool>(
      [](MadeUp<bool>& talk) {
        for (int i = 0; i < 30; ++i) {
          const bool change = talk.Below(3) == 0;
          talk.Say(FUNNEL_CLIENT, change, AsBytes(change ? Change(1) : Make(kAsRequest)));
          talk.Say(FUNNEL_SERVER, change, AsBytes(change ? Change(1) : Make(kAsReply)));
        }
        return talk.Breaks(FUNNEL_CLIENT, MustStay) || talk.Breaks(FUNNEL_SERVER, MustStay);
      },
      alter);
}

TEST(KerberosModel, KeepsTheRulesOfKerberos) { EXPECT_FALSE(Breaks(alter::Nothing)); }

TEST(KerberosModel, NoticesMissingOrWrongKeys) {
  EXPECT_TRUE(Breaks(alter::NoKeys));
  EXPECT_TRUE(Breaks(alter::AllShared));
}

}  // namespace
}  // namespace funnel::module
