#include "common/config/keys/units.h"

#include <gtest/gtest.h>

namespace funnel::config {
namespace {

TEST(Units, ReadTimes) {
  EXPECT_EQ(ParseTime("0s"), 0);
  EXPECT_EQ(ParseTime("250ms"), 250);
  EXPECT_EQ(ParseTime("5s"), 5000);
  EXPECT_EQ(ParseTime("5 s"), 5000);
  EXPECT_EQ(ParseTime("2min"), 120'000);
  EXPECT_EQ(ParseTime("1h"), 3'600'000);
  EXPECT_EQ(ParseTime("1d"), 86'400'000);
}

TEST(Units, ReadSizes) {
  EXPECT_EQ(ParseSize("512B"), 512);
  EXPECT_EQ(ParseSize("64KiB"), 65536);
  EXPECT_EQ(ParseSize("4MiB"), 4 << 20);
  EXPECT_EQ(ParseSize("1GiB"), 1 << 30);
}

TEST(Units, AreMandatory) {
  for (const char* text :
       {"5", "", "s", "5x", "-5s", "+5s", "5.5s", "5  s", "5s ", " 5s", "5S", "5m", "5sec"}) {
    EXPECT_FALSE(ParseTime(text)) << text;
  }
  for (const char* text : {"5", "5K", "5k", "5kB", "5MB", "5s", "KiB"})
    EXPECT_FALSE(ParseSize(text)) << text;
}

TEST(Units, RefuseWhatOverflows) {
  EXPECT_FALSE(ParseTime("9223372036854775807d"));
  EXPECT_FALSE(ParseSize("99999999999999999999B"));
  EXPECT_FALSE(ParseCount("99999999999999999999"));
}

TEST(Units, PrintTheLargestThatDivides) {
  EXPECT_EQ(PrintTime(0), "0s");
  EXPECT_EQ(PrintTime(1500), "1500ms");
  EXPECT_EQ(PrintTime(90'000), "90s");
  EXPECT_EQ(PrintTime(600'000), "10min");
  EXPECT_EQ(PrintSize(1452), "1452B");
  EXPECT_EQ(PrintSize(20 << 20), "20MiB");
}

}  // namespace
}  // namespace funnel::config
