#include "funnel-authd/handshake_pool.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "tests/unit/authd/test_node.h"

namespace funnel::authd {
namespace {

// Holds up those who pass until it is opened.
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

class HandshakePoolTest : public testing::Test {
 protected:
  HandshakePool::Work Job(std::function<void()> work, int& done) {
    return [work = std::move(work), &done]() -> HandshakePool::Answer {
      work();
      return [&done] { ++done; };
    };
  }
  std::unique_ptr<event::Loop> loop_ = event::Loop::Create().value();
};

TEST_F(HandshakePoolTest, AnswersOnTheLoopsThread) {
  HandshakePool pool(*loop_, {});
  std::thread::id worker, answerer;
  ASSERT_TRUE(pool.Submit("a", [&]() -> HandshakePool::Answer {
    worker = std::this_thread::get_id();
    return [&] { answerer = std::this_thread::get_id(); };
  }));
  ASSERT_TRUE(test::RunUntil(*loop_, [&] { return answerer != std::thread::id(); }));
  EXPECT_EQ(answerer, std::this_thread::get_id());
  EXPECT_NE(worker, answerer);
}

TEST_F(HandshakePoolTest, LetsOtherKeysPassAKeyThatHangs) {
  HandshakePool pool(*loop_, {.threads = 1, .max_threads = 3, .queue = 10, .per_key = 2});
  Gate gate;
  int slow = 0, quick = 0;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(pool.Submit("slow", Job([&] { gate.Pass(); }, slow)));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(pool.Submit("quick", Job([] {}, quick)));
  ASSERT_TRUE(test::RunUntil(*loop_, [&] { return quick == 5; }));
  EXPECT_EQ(slow, 0);
  EXPECT_EQ(pool.running(), 2u);
  EXPECT_EQ(pool.waiting(), 3u);
  gate.Open();
  ASSERT_TRUE(test::RunUntil(*loop_, [&] { return slow == 5; }));
}

TEST_F(HandshakePoolTest, RefusesWhatItsQueueCannotHold) {
  HandshakePool pool(*loop_, {.threads = 1, .max_threads = 1, .queue = 2, .per_key = 1});
  Gate gate;
  int done = 0;
  ASSERT_TRUE(pool.Submit("a", Job([&] { gate.Pass(); }, done)));
  ASSERT_TRUE(test::RunUntil(*loop_, [&] { return pool.running() == 1; }));
  EXPECT_TRUE(pool.Submit("a", Job([] {}, done)));
  EXPECT_TRUE(pool.Submit("b", Job([] {}, done)));
  EXPECT_FALSE(pool.Submit("c", Job([] {}, done)));
  gate.Open();
  ASSERT_TRUE(test::RunUntil(*loop_, [&] { return done == 3; }));
}

TEST_F(HandshakePoolTest, GoesWithoutWaitingForWorkThatHangs) {
  auto gate = std::make_shared<Gate>();
  bool answered = false;
  {
    HandshakePool pool(*loop_, {});
    ASSERT_TRUE(pool.Submit("a", [gate, &answered]() -> HandshakePool::Answer {
      gate->Pass();
      return [&answered] { answered = true; };
    }));
    ASSERT_TRUE(test::RunUntil(*loop_, [&] { return pool.running() == 1; }));
  }
  gate->Open();
  bool turned = false;
  loop_->Post([&] { turned = true; });
  ASSERT_TRUE(test::RunUntil(*loop_, [&] { return turned; }));
  EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace funnel::authd
