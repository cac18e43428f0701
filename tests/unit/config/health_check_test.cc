#include "common/config/health_check.h"

#include <gtest/gtest.h>

#include "common/base/text.h"

namespace funnel::config {
namespace {

std::string HexOf(std::string_view written) {
  const auto bytes = WrittenBytes::Parse(written);
  return bytes ? HexEncode(bytes->bytes) : "bad: " + bytes.error().message;
}

TEST(WrittenBytesTest, TextHasFourEscapesAndHexTakesAnyByte) {
  EXPECT_EQ(HexOf("text:PING\\r\\n"), "50494e470d0a");
  EXPECT_EQ(HexOf("text: a\\t\\\\"), "2061095c");
  EXPECT_EQ(HexOf("hex:00Ff"), "00ff");
}

TEST(WrittenBytesTest, RefusesWhatIsNoBytes) {
  EXPECT_TRUE(HexOf("PING").starts_with("bad: it begins with"));
  EXPECT_TRUE(HexOf("text:").starts_with("bad: 1 to 512 bytes"));
  EXPECT_TRUE(HexOf("hex:").starts_with("bad: 1 to 512 bytes"));
  EXPECT_TRUE(HexOf("text:a\\").starts_with("bad: behind a backslash"));
  EXPECT_TRUE(HexOf("text:\\x00").starts_with("bad: behind a backslash"));
  EXPECT_TRUE(HexOf("hex:0").starts_with("bad: two hexadecimal digits"));
  EXPECT_TRUE(HexOf("hex:zz").starts_with("bad: two hexadecimal digits"));
  EXPECT_TRUE(HexOf("text:" + std::string(513, 'x')).starts_with("bad: 1 to 512 bytes"));
}

TEST(HealthCheckTest, IsPrintedAsItIsWritten) {
  for (const char* text :
       {"none", "connect", "text:PING\\r\\n", "hex:0aFF", "dns", "dns:example.org", "radius"}) {
    const auto check = HealthCheck::Parse(text);
    ASSERT_TRUE(check) << text << ": " << check.error().message;
    EXPECT_EQ(check->text(), text);
  }
}

TEST(HealthCheckTest, NamesAreThoseOfDns) {
  EXPECT_EQ(HealthCheck::Parse("dns:example.org.")->name, "example.org");
  EXPECT_EQ(HealthCheck::Parse("dns:.")->name, "");
  EXPECT_EQ(HealthCheck::Parse("dns:" + std::string(63, 'a'))->name, std::string(63, 'a'));
  for (const std::string& name : {std::string(), std::string(".."), std::string("a..b"),
                                  std::string("a b"), std::string(64, 'a'), std::string(".a")})
    EXPECT_FALSE(HealthCheck::Parse("dns:" + name)) << name;
}

TEST(HealthCheckTest, RefusesOtherWords) {
  for (const char* text : {"", "ping", "dnsx", "connect ", "Connect", "none:", "radius:x"})
    EXPECT_FALSE(HealthCheck::Parse(text)) << text;
}

}  // namespace
}  // namespace funnel::config
