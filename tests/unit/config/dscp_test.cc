#include "common/config/dscp.h"

#include <gtest/gtest.h>

namespace funnel::config {
namespace {

int ValueOf(std::string_view text) {
  const auto dscp = Dscp::Parse(text);
  return dscp && !dscp->copy ? dscp->value : -1;
}

TEST(DscpTest, NumbersAndNamesOfTheRegistry) {
  EXPECT_EQ(ValueOf("0"), 0);
  EXPECT_EQ(ValueOf("63"), 63);
  EXPECT_EQ(ValueOf("EF"), 46);
  EXPECT_EQ(ValueOf("VOICE-ADMIT"), 44);
  EXPECT_EQ(ValueOf("LE"), 1);
  EXPECT_EQ(ValueOf("CS0"), 0);
  EXPECT_EQ(ValueOf("CS7"), 56);
  EXPECT_EQ(ValueOf("AF11"), 10);
  EXPECT_EQ(ValueOf("AF43"), 38);
}

TEST(DscpTest, CopyIsNoValue) {
  const auto copy = Dscp::Parse("copy");
  ASSERT_TRUE(copy);
  EXPECT_TRUE(copy->copy);
  EXPECT_EQ(copy->written, "copy");
}

TEST(DscpTest, RefusesWhatIsNoDscp) {
  for (const char* text : {"", "64", "-1", "+1", "0x2e", "46 ", "ef", "CS8", "AF44", "AF01", "AF1",
                           "EF1", "COPY", "1e1"})
    EXPECT_FALSE(Dscp::Parse(text)) << text;
}

}  // namespace
}  // namespace funnel::config
