#include "common/config/port_range.h"

#include <gtest/gtest.h>

namespace funnel::config {
namespace {

std::string ReadPorts(std::string_view text) {
  const auto range = PortRange::Parse(text);
  return range ? range->text() : "bad: " + range.error().message;
}

TEST(PortRangeTest, IsOnePortOrTheFirstAndTheLast) {
  for (const char* text : {"1", "443", "8000-8999", "1-65535"}) EXPECT_EQ(ReadPorts(text), text);
  EXPECT_EQ(ReadPorts("443-443"), "443");
}

TEST(PortRangeTest, RefusesWhatIsNone) {
  for (const char* text :
       {"", "0", "65536", "-1", "80-", "80,81", "80 81", "https", "80-81-82", "0-80", "+80", "*"})
    EXPECT_TRUE(ReadPorts(text).starts_with("bad: a port from 1 to 65535 is expected")) << text;
  EXPECT_EQ(ReadPorts("81-80"), "bad: it ends before it begins");
}

TEST(PortRangeTest, ContainsBothEnds) {
  const PortRange range = *PortRange::Parse("80-90");
  EXPECT_TRUE(range.Contains(80) && range.Contains(85) && range.Contains(90));
  EXPECT_FALSE(range.Contains(79) || range.Contains(91));
}

}  // namespace
}  // namespace funnel::config
