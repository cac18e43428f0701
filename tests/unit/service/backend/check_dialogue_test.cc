#include "common/service/backend/check_dialogue.h"

#include <gtest/gtest.h>

#include "common/base/text.h"

namespace funnel::service {
namespace {

using Verdict = CheckDialogue::Verdict;

class CheckDialogueTest : public testing::Test {
 protected:
  CheckDialogue Of(std::string_view check, std::string_view expect = "") {
    service_.check = *config::HealthCheck::Parse(check);
    service_.check_expect =
        expect.empty() ? config::WrittenBytes{} : *config::WrittenBytes::Parse(expect);
    return CheckDialogue(service_);
  }
  // The answer to ASKED with these bytes 2 and 3.
  static Bytes Answer(const CheckDialogue& asked, std::uint8_t flags, std::uint8_t rcode) {
    Bytes out = asked.request();
    out[2] = flags;
    out[3] = rcode;
    return out;
  }

  config::ServiceConfig service_;
};

TEST_F(CheckDialogueTest, AConnectionIsEnoughWhereNothingIsExpected) {
  const auto plain = Of("connect");
  EXPECT_TRUE(plain.request().empty());
  EXPECT_FALSE(plain.wants_answer());
  EXPECT_TRUE(Of("connect", "text:220").wants_answer());
}

TEST_F(CheckDialogueTest, TheAnswerBeginsWithWhatIsExpected) {
  const auto greeted = Of("connect", "text:220 ");
  EXPECT_EQ(*greeted.Judge(AsBytes("22")), Verdict::kUnfinished);
  EXPECT_EQ(*greeted.Judge(AsBytes("220 mail")), Verdict::kPassed);
  EXPECT_FALSE(greeted.Judge(AsBytes("4")));
  const auto any = Of("text:x");
  EXPECT_EQ(AsText(any.request()), "x");
  EXPECT_EQ(*any.Judge(AsBytes("whatever")), Verdict::kPassed);
}

TEST_F(CheckDialogueTest, AsksForNs) {
  const auto root = Of("dns");
  EXPECT_EQ(HexEncode(root.request()).substr(4),
            "01000001000000000000"
            "00"
            "00020001");
  EXPECT_EQ(HexEncode(Of("dns:ab.c").request()).substr(24),
            "026162"
            "0163"
            "00"
            "00020001");
  EXPECT_TRUE(root.wants_answer());
}

TEST_F(CheckDialogueTest, AnyAnswerToTheQueryButServfailWillDo) {
  const auto asked = Of("dns");
  EXPECT_EQ(*asked.Judge(Answer(asked, 0x80, 0)), Verdict::kPassed);
  EXPECT_EQ(*asked.Judge(Answer(asked, 0x84, 0x85)), Verdict::kPassed) << "REFUSED";
  const auto failed = asked.Judge(Answer(asked, 0x80, 0x82));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "the answer is SERVFAIL");

  EXPECT_EQ(*asked.Judge(asked.request()), Verdict::kIgnored) << "it is a query";
  Bytes other = Answer(asked, 0x80, 0);
  other[1] ^= 1;
  EXPECT_EQ(*asked.Judge(other), Verdict::kIgnored) << "it has another id";
  const Bytes whole = Answer(asked, 0x80, 0);
  for (std::size_t size = 0; size < 12; ++size)
    EXPECT_EQ(*asked.Judge(ByteView(whole).first(size)), Verdict::kIgnored) << size;
}

TEST_F(CheckDialogueTest, AsksARadiusServerAnewEachTime) {
  const auto first = Of("radius"), second = Of("radius");
  EXPECT_EQ(first.request().size(), 38u);
  EXPECT_NE(first.request(), second.request());
  EXPECT_TRUE(first.wants_answer());
  Bytes other(20);
  other[1] = first.request()[1] ^ 1;
  EXPECT_EQ(*first.Judge(other), Verdict::kIgnored);
  EXPECT_TRUE(first.Silence().contains("another secret"));
  EXPECT_FALSE(Of("dns").Silence().contains("secret"));
}

}  // namespace
}  // namespace funnel::service
