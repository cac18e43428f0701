#include "common/base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>

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

TEST(LogLimit, ReportsOnceHowManyWereHeldBack) {
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

// What LOG_SOMETHING writes to stderr.
std::string Logged(const std::function<void()>& log_something) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  SetLogName("funnel-test");
  log_something();
  dup2(saved, STDERR_FILENO);
  close(saved);
  close(ends[1]);
  std::string text(16384, '\0');
  ssize_t got = read(ends[0], text.data(), text.size());
  close(ends[0]);
  SetLogName("");
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

TEST(Log, WritesEventMessageAndFieldsToStderr) {
  EXPECT_EQ(Logged([] {
              Log(LogLevel::kWarning, "channel-refused", "busy",
                  {{"SERVICE", "dns"}, {"PEER", "hoster"}});
              Log(LogLevel::kDebug, "hidden", "below the level");
            }),
            "funnel-test: warning: channel-refused: busy (service=dns peer=hoster)\n");
}

TEST(Log, EscapesWhateverItIsGiven) {
  EXPECT_EQ(Logged([] {
              Log(LogLevel::kError, "accepted", "a\x1b[2Jb\nwarning: forged\x80",
                  {{"PRINCIPAL", "x\x1b[31m\n@R"}});
            }),
            "funnel-test: error: accepted: a\\x1b[2Jb\\x0awarning: forged\\x80 "
            "(principal=x\\x1b[31m\\x0a@R)\n");
  EXPECT_LT(Logged([] { Log(LogLevel::kError, "long", std::string(100'000, 'x')); }).size(), 5000u);
}

TEST(Log, WhoeverAsksTooOftenHidesNobodyElsesLines) {
  const std::string text = Logged([] {
    for (int i = 0; i < 20; ++i)
      Log(LogLevel::kWarning, "denied", "no", {{"UID", "1001"}, {"SERVICE", "dns"}});
    Log(LogLevel::kWarning, "denied", "a real one", {{"UID", "1002"}, {"SERVICE", "dns"}});
    Log(LogLevel::kWarning, "denied", "of a service", {{"SERVICE", "dns"}});
  });
  EXPECT_EQ(std::ranges::count(text, '\n'), 7);
  EXPECT_NE(text.find("a real one"), std::string::npos) << text;
  EXPECT_NE(text.find("of a service"), std::string::npos) << text;
}

// A stranger or a broken disk can cause any number of errors.
TEST(Log, LimitsErrorsAsAllElse) {
  const std::string text = Logged([] {
    for (int i = 0; i < 20; ++i) Log(LogLevel::kError, "disk-full", "no room");
    for (const char* place : {"a:1", "a:2"})
      Log(LogLevel::kError, "mistake", "wrong", {{"FILE", place}});
  });
  EXPECT_EQ(std::ranges::count(text, '\n'), LogLimit::kLinesPerWindow + 2) << text;
}

}  // namespace
}  // namespace funnel
