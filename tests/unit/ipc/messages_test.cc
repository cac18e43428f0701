#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "common/ipc/authd_messages.h"
#include "common/ipc/sctpd_messages.h"
#include "tests/unit/ipc/samples.h"

namespace funnel::ipc {
namespace {

// What is true for every message; the samples have no empty field.
template <typename Message>
class MessageTest : public testing::Test {};
TYPED_TEST_SUITE(MessageTest, AllMessages);

TYPED_TEST(MessageTest, ComesBackAsItWas) {
  Secret packet = Serialize(Sample<TypeParam>());
  EXPECT_EQ(*TypeOf(packet.view()), TypeParam::kType);
  auto parsed = Parse<TypeParam>(packet.view());
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_TRUE(EqualConstantTime(Serialize(*parsed).view(), packet.view()));
}

// A fuzzer that begins with a message finds more than one that must find the message first.
TYPED_TEST(MessageTest, StandsInTheFuzzersCorpus) {
  const std::string name = "/message-" + std::to_string(static_cast<int>(TypeParam::kType));
  std::ifstream file(IPC_CORPUS + name, std::ios::binary);
  const std::string input(std::istreambuf_iterator<char>(file), {});
  ASSERT_FALSE(input.empty()) << name;
  EXPECT_EQ(input[0], 0) << "the fuzzer takes it for a message";
  EXPECT_TRUE(Parse<TypeParam>(AsBytes(input).subspan(1))) << name;
}

TYPED_TEST(MessageTest, IsRejectedWhenCutAnywhere) {
  Secret packet = Serialize(Sample<TypeParam>());
  for (std::size_t size = 0; size < packet.size(); ++size)
    EXPECT_FALSE(Parse<TypeParam>(packet.view().first(size))) << size;
}

TYPED_TEST(MessageTest, IsRejectedWithTrailingBytes) {
  Secret packet = Serialize(Sample<TypeParam>());
  Bytes longer(packet.view().begin(), packet.view().end());
  longer.push_back(0);
  EXPECT_FALSE(Parse<TypeParam>(longer));
}

TYPED_TEST(MessageTest, IsRejectedInAnotherVersionOrType) {
  Secret packet = Serialize(Sample<TypeParam>());
  packet.writable()[0] = 2;
  EXPECT_FALSE(TypeOf(packet.view()));
  EXPECT_FALSE(Parse<TypeParam>(packet.view()));
  packet.writable()[0] = kVersion;
  packet.writable()[1] ^= 0x80;
  EXPECT_FALSE(Parse<TypeParam>(packet.view()));
}

TYPED_TEST(MessageTest, SurvivesAlteredBytes) {
  std::mt19937 random(1);
  Secret packet = Serialize(Sample<TypeParam>());
  for (int round = 0; round < 2000; ++round) {
    Secret altered = packet.Clone();
    for (int i = 0; i < 3; ++i)
      altered.writable()[random() % altered.size()] = static_cast<std::uint8_t>(random());
    auto parsed = Parse<TypeParam>(altered.view());
    if (parsed) {
      EXPECT_TRUE(EqualConstantTime(Serialize(*parsed).view(), altered.view()));
    }
  }
}

TYPED_TEST(MessageTest, SurvivesRandomBytes) {
  std::mt19937 random(2);
  for (int round = 0; round < 2000; ++round) {
    Bytes noise(random() % 200);
    for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
    if (noise.size() >= 2) {
      noise[0] = kVersion;
      noise[1] = static_cast<std::uint8_t>(TypeParam::kType);
    }
    auto parsed = Parse<TypeParam>(noise);
    if (parsed) {
      EXPECT_TRUE(EqualConstantTime(Serialize(*parsed).view(), noise));
    }
  }
}

TEST(Messages, KeepTheirFields) {
  auto context = Parse<Context>(Serialize(Sample<Context>()).view());
  ASSERT_TRUE(context);
  EXPECT_EQ(context->enctype, 20);
  EXPECT_EQ(context->peer_principal, "dns/ns.hoster.net@EXAMPLE.NET");
  EXPECT_EQ(context->expires.since_boot, std::chrono::nanoseconds(123456789));
  EXPECT_EQ(context->key.size(), 32u);
}

// authd accepts channels whose edges are of the previous version.
TEST(Messages, OfAnEarlierVersionAreTaken) {
  Announce announce = Sample<Announce>();
  const Secret before = Serialize(announce);
  EXPECT_EQ(Parse<Announce>(before.view())->suite, 1);
  announce.suite = 4;
  const Secret now = Serialize(announce);
  EXPECT_EQ(now.size(), before.size() + 2);
  EXPECT_EQ(Parse<Announce>(now.view())->suite, 4);
  EXPECT_FALSE(Parse<Announce>(now.view().first(now.size() - 1)));
  // Values that older versions assume are not written.
  Bytes idle(before.view().begin(), before.view().end());
  idle.insert(idle.end(), {0, 1});
  EXPECT_FALSE(Parse<Announce>(idle));
}

TEST(Messages, AContextTellsItsSuite) {
  Context context = Sample<Context>();
  context.suite = 2;
  context.unproven = true;
  context.why_not_better = "because";
  const auto parsed = Parse<Context>(Serialize(context).view());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->suite, 2);
  EXPECT_TRUE(parsed->unproven);
  EXPECT_EQ(parsed->why_not_better, "because");
}

TEST(Messages, RejectAServiceNameThatIsNone) {
  Attach attach = Sample<Attach>();
  Secret packet = Serialize(attach);
  // version, type, length 16, then the name.
  packet.writable()[4] = '/';
  EXPECT_FALSE(Parse<Attach>(packet.view()));
}

TEST(Messages, RejectABooleanThatIsNeither) {
  Secret packet = Serialize(Sample<Failed>());
  packet.writable()[packet.size() - 1] = 2;
  EXPECT_FALSE(Parse<Failed>(packet.view()));
}

TEST(Messages, RejectALengthBeyondThePacket) {
  Bytes packet = ByteWriter()
                     .U8(kVersion)
                     .U8(static_cast<std::uint8_t>(MessageType::kDropClaim))
                     .U32(0xFFFFFFFF)
                     .Release();
  EXPECT_FALSE(Parse<DropClaim>(packet));
}

TEST(Messages, CutTextThatIsTooLong) {
  Rejected rejected{std::string(kMaxTextSize + 10, 'x')};
  auto parsed = Parse<Rejected>(Serialize(rejected).view());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->text.size(), kMaxTextSize);
}

template <typename Unit>
void CheckLocalUnit(const Unit& unit) {
  Bytes body = unit.Serialize();
  auto parsed = Unit::Parse(body);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->Serialize(), body);
  for (std::size_t size = 0; size < body.size(); ++size)
    EXPECT_FALSE(Unit::Parse(ByteView(body).first(size))) << size;
  body.push_back(0);
  EXPECT_FALSE(Unit::Parse(body));
}

TEST(LocalUnits, RejectWhatIsCutOrTooLong) {
  CheckLocalUnit(LinkUp{1384});
  CheckLocalUnit(LinkEnd{LinkEndCode::kPeerDown, "no answer"});
  CheckLocalUnit(Note{NoteState::kRefused, "a@R", "b@R", "not allowed", true});
  CheckLocalUnit(Note{NoteState::kOpen, "a@R", "b@R", "", false, /*in_use=*/true});
}

// A message of an edge of the previous version is understood: it keeps running during an upgrade.
TEST(LocalUnits, ANoteMayEndBeforeItsSuite) {
  Note note{NoteState::kOpen, "a@R", "b@R", "", false, true};
  const Bytes without = note.Serialize();
  note.suite = 2;
  note.suite_reason = "the initiator offers none that is liked better here";
  const Bytes with = note.Serialize();

  EXPECT_EQ(Note::Parse(without)->suite, 0);
  const auto parsed = Note::Parse(with);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->suite, 2);
  EXPECT_EQ(parsed->suite_reason, note.suite_reason);
  for (std::size_t size = 0; size < with.size(); ++size)
    EXPECT_EQ(Note::Parse(ByteView(with).first(size)).has_value(), size == without.size()) << size;
  Bytes longer = with;
  longer.push_back(0);
  EXPECT_FALSE(Note::Parse(longer));
}

TEST(LocalUnits, RejectAnUnknownNoteState) {
  Bytes body = Note{}.Serialize();
  body[0] = 6;
  EXPECT_FALSE(Note::Parse(body));
}

}  // namespace
}  // namespace funnel::ipc
