#include "funnelctl/words.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include "funnelctl/table.h"

namespace funnel::ctl {
namespace {

TEST(Counted, KnowsOneFromMany) {
  EXPECT_EQ(Counted(0, "channel", "channels"), "0 channels");
  EXPECT_EQ(Counted(1, "channel", "channels"), "1 channel");
  EXPECT_EQ(Counted(2, "channel", "channels"), "2 channels");
}

TEST(Words, PrintSecondsInTwoUnits) {
  EXPECT_EQ(PrintSeconds(0), "0 s");
  EXPECT_EQ(PrintSeconds(-5), "0 s");
  EXPECT_EQ(PrintSeconds(59), "59 s");
  EXPECT_EQ(PrintSeconds(60), "1 min");
  EXPECT_EQ(PrintSeconds(185), "3 min 5 s");
  EXPECT_EQ(PrintSeconds(2 * 3600 + 300 + 7), "2 h 5 min");
  EXPECT_EQ(PrintSeconds(9 * 86400 + 4 * 3600), "9 d 4 h");
}

TEST(Words, PrintBytes) {
  EXPECT_EQ(PrintBytes(0), "0 B");
  EXPECT_EQ(PrintBytes(1023), "1023 B");
  EXPECT_EQ(PrintBytes(1434), "1.4 KiB");
  EXPECT_EQ(PrintBytes(20 << 20), "20 MiB");
}

TEST(Words, PrintMilliseconds) {
  EXPECT_EQ(PrintMilliseconds(0.183), "0.18 ms");
  EXPECT_EQ(PrintMilliseconds(5.25), "5.2 ms");
  EXPECT_EQ(PrintMilliseconds(250), "250 ms");
  EXPECT_EQ(PrintMilliseconds(1500), "1.5 s");
}

TEST(Words, PrintTimesOfTheClock) {
  setenv("TZ", "UTC", 1);
  tzset();
  EXPECT_EQ(PrintTime(1795230000), "2026-11-21 03:00:00");
  EXPECT_EQ(PrintSince(1795230000, 1795230060), "1 min");
  EXPECT_EQ(PrintSince(std::nullopt, 5), "-");
  EXPECT_EQ(PrintSince(100, 50), "0 s") << "a clock that was set back";
}

TEST(Words, ShowRemoteTextWithoutItsEscapes) {
  EXPECT_EQ(Shown("plain"), "plain");
  EXPECT_EQ(Shown("a\x1b[2Jb\n"), "a\\x1b[2Jb\\x0a");
  EXPECT_EQ(Shown(""), "-");
}

TEST(Table, AlignsColumns) {
  Table table({"PEER", "STATE", "X"});
  table.AddRow({"hoster", "up", "1"});
  table.AddRow({"b", "down, will retry", ""});
  table.AddNote("why");
  EXPECT_EQ(table.Print(),
            "  PEER    STATE             X\n"
            "  hoster  up                1\n"
            "  b       down, will retry\n"
            "          why\n");
}

TEST(Table, KnowsWhetherItHasRows) {
  Table table({"A"});
  EXPECT_TRUE(table.empty());
  table.AddRow({"1"});
  EXPECT_FALSE(table.empty());
}

}  // namespace
}  // namespace funnel::ctl
