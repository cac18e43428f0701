#include "common/metrics/counters.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "common/metrics/reader.h"
#include "tests/unit/config/temp_dir.h"
#include "tests/unit/metrics/table.h"

namespace funnel::metrics {
namespace {

enum Index : std::size_t { kSent, kFlows };
constexpr CounterDef kOtherTable[] = {
    {"frames_sent"}, {"flows", "Flows now.", Kind::kGauge}, {"drops"}};

class Counters : public testing::Test {
 protected:
  CounterFile Create(std::span<const CounterDef> table = kTable) {
    return CounterFile::Create(path_, "funnel-udpd@dns", table);
  }
  Snapshot Read() {
    auto snapshot = CounterReader::Open(path_);
    EXPECT_TRUE(snapshot) << snapshot.error().message;
    return snapshot ? *snapshot : Snapshot{};
  }

  TempDir dir_;
  std::string path_ = dir_.Path("funnel-udpd@dns");
};

TEST_F(Counters, AreReadWhileTheDaemonRuns) {
  CounterFile counters = Create();
  EXPECT_EQ(counters.error(), "");
  counters[kSent] += 5;
  ++counters[kSent];
  counters[kFlows] = 12;
  --counters[kFlows];
  Snapshot snapshot = Read();
  EXPECT_EQ(snapshot.daemon, "funnel-udpd@dns");
  EXPECT_EQ(snapshot.pid, static_cast<std::uint64_t>(getpid()));
  EXPECT_TRUE(snapshot.alive);
  ASSERT_EQ(snapshot.values.size(), 2u);
  EXPECT_EQ(snapshot.values[kSent].name, "frames_sent");
  EXPECT_EQ(snapshot.values[kSent].value, 6u);
  EXPECT_EQ(snapshot.values[kFlows].kind, Kind::kGauge);
  EXPECT_EQ(snapshot.Value("flows"), 11u);
  EXPECT_EQ(snapshot.Value("nonesuch"), 0u);
}

TEST_F(Counters, OutliveAKilledDaemon) {
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    CounterFile counters = Create();
    counters[kSent] += 7;
    raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  Snapshot snapshot = Read();
  EXPECT_EQ(snapshot.pid, static_cast<std::uint64_t>(child));
  EXPECT_FALSE(snapshot.alive);
  EXPECT_EQ(snapshot.Value("frames_sent"), 7u);
}

TEST_F(Counters, SayThatTheDaemonEndedInGoodOrder) {
  {
    CounterFile counters = Create();
  }
  Snapshot snapshot = Read();
  EXPECT_EQ(snapshot.pid, 0u);
  EXPECT_FALSE(snapshot.alive);
}

TEST_F(Counters, GoOnAfterARestartAndGaugesStartAtZero) {
  {
    CounterFile counters = Create();
    counters[kSent] += 5;
    counters[kFlows] = 12;
  }
  CounterFile counters = Create();
  EXPECT_EQ(counters[kSent].value(), 5u);
  EXPECT_EQ(counters[kFlows].value(), 0u);
  EXPECT_EQ(Read().starts, 2u);
}

TEST_F(Counters, StartAgainWhenTheLayoutChanged) {
  {
    Create()[kSent] += 5;
  }
  {
    CounterFile counters = Create(kOtherTable);
    EXPECT_EQ(counters[kSent].value(), 0u);
    EXPECT_EQ(Read().values.size(), 3u);
  }
  CounterFile counters = Create();
  EXPECT_EQ(Read().values.size(), 2u) << "a longer file is cut";
}

TEST_F(Counters, StartAgainOverGarbage) {
  dir_.Write("funnel-udpd@dns", std::string(10000, 'x'));
  CounterFile counters = Create();
  EXPECT_EQ(counters.error(), "");
  EXPECT_EQ(Read().Value("frames_sent"), 0u);
}

TEST_F(Counters, AddFromManyThreads) {
  CounterFile counters = Create();
  auto add = [&counters] {
    for (int i = 0; i < 10000; ++i) ++counters[kSent];
  };
  std::thread a(add);
  std::thread b(add);
  a.join();
  b.join();
  EXPECT_EQ(counters[kSent].value(), 20000u);
}

// Whatever is wrong with the file, counting works.
TEST_F(Counters, FallBackToPrivateMemory) {
  auto expect_private = [this](const char* why) {
    CounterFile counters = Create();
    EXPECT_NE(counters.error(), "") << why;
    counters[kSent] += 3;
    EXPECT_EQ(counters[kSent].value(), 3u) << why;
  };

  dir_.Write("victim", "precious");
  std::filesystem::create_symlink(dir_.Path("victim"), path_);
  expect_private("a link");

  std::filesystem::remove(path_);
  std::filesystem::create_hard_link(dir_.Path("victim"), path_);
  expect_private("a second link");
  EXPECT_EQ(std::filesystem::file_size(dir_.Path("victim")), 8u);

  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  expect_private("a folder");

  std::filesystem::remove(path_);
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  expect_private("a pipe");

  std::filesystem::remove(path_);
  dir_.Write("funnel-udpd@dns", "");
  ASSERT_EQ(chmod(path_.c_str(), 0666), 0);
  expect_private("writable by others");

  path_ = "/nonexistent/counters";
  expect_private("no folder");
}

TEST_F(Counters, TwoWritersNeverShareAFile) {
  CounterFile first = Create();
  CounterFile second = Create();
  EXPECT_EQ(first.error(), "");
  EXPECT_NE(second.error(), "");
  second[kSent] += 5;
  EXPECT_EQ(first[kSent].value(), 0u);
}

TEST_F(Counters, RefuseFilesOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to make a file of another user";
  dir_.Write("funnel-udpd@dns", "");
  ASSERT_EQ(chown(path_.c_str(), 12345, 12345), 0);
  EXPECT_NE(Create().error(), "");
}

TEST_F(Counters, MoveKeepsTheFile) {
  CounterFile counters = Create();
  counters[kSent] += 1;
  CounterFile moved = std::move(counters);
  moved[kSent] += 1;
  EXPECT_EQ(Read().Value("frames_sent"), 2u);
  EXPECT_TRUE(Read().alive);
}

TEST(InMemory, Counts) {
  CounterFile counters = CounterFile::InMemory(kTable);
  counters[kFlows] = 4;
  EXPECT_EQ(counters[kFlows].value(), 4u);
  EXPECT_EQ(counters[kSent].value(), 0u);
  EXPECT_EQ(counters.size(), 2u);
}

}  // namespace
}  // namespace funnel::metrics
