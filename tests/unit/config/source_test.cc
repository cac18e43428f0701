#include "common/config/source.h"

#include <gtest/gtest.h>

namespace funnel::config {
namespace {

std::string ReadSource(std::string_view text) {
  const auto source = Source::Parse(text);
  return source ? source->text() : "bad: " + source.error().message;
}

TEST(SourceTest, IsAnAddressPortsOrBoth) {
  for (const char* text :
       {"any", "transparent", "192.0.2.1", "2001:db8::1", "127.0.0.5", "192.0.2.1:20000-20999",
        "192.0.2.1:20000", "[2001:db8::1]:20000-20999", "*:20000-20999", "*:7"})
    EXPECT_EQ(ReadSource(text), text);
  EXPECT_EQ(ReadSource("[2001:db8::1]"), "2001:db8::1");
  EXPECT_EQ(ReadSource("192.0.2.1:7-7"), "192.0.2.1:7");
  EXPECT_EQ(ReadSource("::ffff:192.0.2.1"), "192.0.2.1");
}

TEST(SourceTest, RefusesWhatIsNone) {
  for (const char* text : {"", "*", "a.example", "a.example:1-2", "192.0.2.1/24", "192.0.2.1 ", "[",
                           "[2001:db8::1]x", "[2001:db8::1]1-2", "fe80::1%lo", ":1-2", "same"})
    EXPECT_TRUE(ReadSource(text).starts_with("bad: any, ADDRESS, ADDRESS:FIRST-LAST, ")) << text;
  for (const char* text : {"192.0.2.1:", "192.0.2.1:0", "*:1-", "[2001:db8::1]:", "*:1-65536"})
    EXPECT_TRUE(ReadSource(text).starts_with("bad: a port from 1 to 65535 is expected")) << text;
  EXPECT_EQ(ReadSource("192.0.2.1:9-8"), "bad: it ends before it begins");
}

TEST(SourceTest, TheAddressIsOneOfAMachine) {
  for (const char* text : {"0.0.0.0", "::", "0.0.0.0:1-2", "[::]:1-2"})
    EXPECT_TRUE(ReadSource(text).starts_with("bad: it stands for all addresses")) << text;
  for (const char* text : {"224.0.0.1", "255.255.255.255", "ff02::1"})
    EXPECT_EQ(ReadSource(text), "bad: it is no address of a single machine") << text;
  EXPECT_EQ(ReadSource("fe80::1"), "bad: a link-local address belongs to one interface only");
}

TEST(SourceTest, KnowsWhatItHas) {
  EXPECT_TRUE(Source::Parse("any")->any());
  EXPECT_FALSE(Source::Parse("transparent")->any());
  EXPECT_TRUE(Source::Parse("*:1023-2000")->has_low_ports());
  EXPECT_FALSE(Source::Parse("*:1024-2000")->has_low_ports());
  EXPECT_FALSE(Source::Parse("192.0.2.1")->has_low_ports());
  EXPECT_FALSE(Source::Parse("*:1024")->has_address());
}

}  // namespace
}  // namespace funnel::config
