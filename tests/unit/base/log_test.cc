#include "common/base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

#include "common/base/log_limit.h"

namespace funnel {
namespace {

using namespace std::chrono_literals;
const TimePoint kStart{1000s};

TEST(LogLimit, AdmitsFiveLinesOfAnEventAndSubject) {
  LogLimit limit;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(limit.Admit("refused", "branch1", kStart));
  EXPECT_FALSE(limit.Admit("refused", "branch1", kStart));
  EXPECT_TRUE(limit.Admit("refused", "branch2", kStart));
  EXPECT_TRUE(limit.Admit("lost", "branch1", kStart));
}

TEST(LogLimit, TellsOnceHowManyWereHeldBack) {
  LogLimit limit;
  for (int i = 0; i < 12; ++i) (void)limit.Admit("refused", "branch1", kStart);
  EXPECT_TRUE(limit.TakeEnded(kStart + 59s).empty());
  auto ended = limit.TakeEnded(kStart + 60s);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].event, "refused");
  EXPECT_EQ(ended[0].subject, "branch1");
  EXPECT_EQ(ended[0].count, 7);
  EXPECT_TRUE(limit.TakeEnded(kStart + 200s).empty());
  EXPECT_TRUE(limit.Admit("refused", "branch1", kStart + 61s));
}

TEST(LogLimit, StaysBoundedWhenSubjectsAreMadeUp) {
  LogLimit limit;
  for (int i = 0; i < 100'000; ++i) EXPECT_TRUE(limit.Admit("refused", std::to_string(i), kStart));
}

TEST(ParseLogLevel, KnowsItsWordsOnly) {
  LogLevel level = LogLevel::kError;
  EXPECT_TRUE(ParseLogLevel("debug", level));
  EXPECT_EQ(level, LogLevel::kDebug);
  EXPECT_FALSE(ParseLogLevel("verbose", level));
  EXPECT_EQ(level, LogLevel::kDebug);
}

TEST(Log, WritesEventMessageAndFieldsToStderr) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  SetLogName("funnel-test");
  Log(LogLevel::kWarning, "channel-refused", "busy", {{"SERVICE", "dns"}, {"PEER", "hoster"}});
  Log(LogLevel::kDebug, "hidden", "below the level");
  dup2(saved, STDERR_FILENO);
  close(saved);
  close(ends[1]);
  char text[512];
  ssize_t got = read(ends[0], text, sizeof text);
  close(ends[0]);
  SetLogName("");
  ASSERT_GT(got, 0);
  EXPECT_EQ(std::string(text, static_cast<std::size_t>(got)),
            "funnel-test: warning: channel-refused: busy (service=dns peer=hoster)\n");
}

}  // namespace
}  // namespace funnel
