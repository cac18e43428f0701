#include "common/event/work_pool.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace funnel::event {
namespace {

using namespace std::chrono_literals;

// Blocks those who want to pass until it is opened.
class Gate {
 public:
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void Pass() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

class WorkPoolTest : public testing::Test {
 protected:
  WorkPool::Work Job(std::function<void()> work, int& done) {
    return [work = std::move(work), &done]() -> WorkPool::Answer {
      work();
      return [&done] { ++done; };
    };
  }
  template <typename Condition>
  bool RunUntil(Condition&& condition) {
    const TimePoint end = Now() + 20s;
    while (!condition())
      if (Now() >= end || !loop_->RunOnce(std::chrono::milliseconds(50))) return false;
    return true;
  }
  std::unique_ptr<Loop> loop_ = Loop::Create().value();
};

TEST_F(WorkPoolTest, AnswersOnTheLoopsThread) {
  WorkPool pool(*loop_, {});
  std::thread::id worker, answerer;
  ASSERT_TRUE(pool.Submit("a", [&]() -> WorkPool::Answer {
    worker = std::this_thread::get_id();
    return [&] { answerer = std::this_thread::get_id(); };
  }));
  ASSERT_TRUE(RunUntil([&] { return answerer != std::thread::id(); }));
  EXPECT_EQ(answerer, std::this_thread::get_id());
  EXPECT_NE(worker, answerer);
}

TEST_F(WorkPoolTest, LetsOtherKeysPassAKeyThatHangs) {
  WorkPool pool(*loop_, {.threads = 1, .max_threads = 3, .queue = 10, .per_key = 2});
  Gate gate;
  int slow = 0, quick = 0;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(pool.Submit("slow", Job([&] { gate.Pass(); }, slow)));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(pool.Submit("quick", Job([] {}, quick)));
  ASSERT_TRUE(RunUntil([&] { return quick == 5; }));
  EXPECT_EQ(slow, 0);
  EXPECT_EQ(pool.running(), 2u);
  EXPECT_EQ(pool.waiting(), 3u);
  gate.Open();
  ASSERT_TRUE(RunUntil([&] { return slow == 5; }));
}

TEST_F(WorkPoolTest, RefusesWhatItsQueueCannotHold) {
  WorkPool pool(*loop_, {.threads = 1, .max_threads = 1, .queue = 2, .per_key = 1});
  Gate gate;
  int done = 0;
  ASSERT_TRUE(pool.Submit("a", Job([&] { gate.Pass(); }, done)));
  ASSERT_TRUE(RunUntil([&] { return pool.running() == 1; }));
  EXPECT_TRUE(pool.Submit("a", Job([] {}, done)));
  EXPECT_TRUE(pool.Submit("b", Job([] {}, done)));
  EXPECT_FALSE(pool.Submit("c", Job([] {}, done)));
  gate.Open();
  ASSERT_TRUE(RunUntil([&] { return done == 3; }));
}

// A thread that was woken for one job, and has not taken it yet, is not free for the next one.
TEST_F(WorkPoolTest, StartsAThreadForEachOfTwoJobsOfOneTurn) {
  WorkPool pool(*loop_, {});
  for (int round = 0; round < 20; ++round) {
    int done = 0;
    ASSERT_TRUE(pool.Submit("first", Job([] {}, done)));
    ASSERT_TRUE(RunUntil([&] { return done == 1 && pool.running() == 0; }));
    int slow = 0, quick = 0;
    Gate here;
    ASSERT_TRUE(pool.Submit("slow", Job([&] { here.Pass(); }, slow)));
    ASSERT_TRUE(pool.Submit("quick", Job([] {}, quick)));
    const bool passed = RunUntil([&] { return quick == 1; });
    here.Open();
    ASSERT_TRUE(RunUntil([&] { return slow == 1 && quick == 1; }));
    ASSERT_TRUE(passed) << "round " << round;
  }
}

TEST_F(WorkPoolTest, KeepsPlacesInItsQueueForEachKnownKey) {
  WorkPool pool(*loop_,
                {.threads = 1, .max_threads = 1, .queue = 8, .per_key = 1, .known_keys = 2});
  Gate gate;
  int done = 0, taken = 0;
  ASSERT_TRUE(pool.Submit("greedy", Job([&] { gate.Pass(); }, done)));
  ASSERT_TRUE(RunUntil([&] { return pool.running() == 1; }));
  while (taken < 100 && pool.Submit("greedy", Job([] {}, done))) ++taken;
  EXPECT_EQ(taken, 4);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(pool.Submit("other", Job([] {}, done))) << i;
  gate.Open();
  ASSERT_TRUE(RunUntil([&] { return done == 9; }));
}

TEST_F(WorkPoolTest, GoesWithoutWaitingForWorkThatHangs) {
  auto gate = std::make_shared<Gate>();
  bool answered = false;
  {
    WorkPool pool(*loop_, {});
    ASSERT_TRUE(pool.Submit("a", [gate, &answered]() -> WorkPool::Answer {
      gate->Pass();
      return [&answered] { answered = true; };
    }));
    ASSERT_TRUE(RunUntil([&] { return pool.running() == 1; }));
  }
  gate->Open();
  bool turned = false;
  loop_->Post([&] { turned = true; });
  ASSERT_TRUE(RunUntil([&] { return turned; }));
  EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace funnel::event
