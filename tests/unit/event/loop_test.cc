#include "common/event/loop.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <thread>

namespace funnel::event {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Pair {
  UniqueFd a, b;
  Pair() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    a.reset(fds[0]);
    b.reset(fds[1]);
  }
  void Write() const { EXPECT_EQ(write(a.get(), "x", 1), 1); }
  void Read() const {
    char c;
    EXPECT_EQ(read(b.get(), &c, 1), 1);
  }
};

class LoopTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = Loop::Create();
    ASSERT_TRUE(made) << made.error().message;
    loop_ = std::move(*made);
  }
  // Runs turns until CONDITION is true, with a deadline.
  template <typename Condition>
  bool Until(Condition condition) {
    TimePoint deadline = Now() + seconds(10);
    while (!condition()) {
      if (Now() > deadline) return false;
      EXPECT_TRUE(loop_->RunOnce(milliseconds(50)));
    }
    return true;
  }
  std::unique_ptr<Loop> loop_;
};

TEST_F(LoopTest, CallsBackWhenReadable) {
  Pair pair;
  int calls = 0;
  auto watch = loop_->AddIo(pair.b.get(), EPOLLIN, [&](std::uint32_t events) {
    EXPECT_TRUE(events & EPOLLIN);
    pair.Read();
    ++calls;
  });
  ASSERT_TRUE(watch);
  pair.Write();
  EXPECT_TRUE(Until([&] { return calls == 1; }));
}

TEST_F(LoopTest, StaysSilentWithoutInterest) {
  Pair pair;
  int calls = 0;
  auto watch = loop_->AddIo(pair.b.get(), EPOLLIN, [&](std::uint32_t) { ++calls; });
  (*watch)->SetEvents(0);
  pair.Write();
  EXPECT_FALSE(*loop_->RunOnce(milliseconds(0)));
  EXPECT_EQ(calls, 0);
  (*watch)->SetEvents(EPOLLIN);
  EXPECT_TRUE(Until([&] { return calls > 0; }));
}

TEST_F(LoopTest, WatchMayDestroyItselfInItsCallback) {
  Pair pair;
  std::unique_ptr<IoWatch> watch;
  int calls = 0;
  watch = *loop_->AddIo(pair.b.get(), EPOLLIN, [&](std::uint32_t) {
    watch.reset();
    ++calls;
  });
  pair.Write();
  EXPECT_TRUE(Until([&] { return calls == 1; }));
  EXPECT_FALSE(*loop_->RunOnce(milliseconds(0)));
  EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, TimerFiresOnceAndCanBeArmedAgain) {
  int fired = 0;
  auto timer = loop_->AddTimer([&] { ++fired; });
  EXPECT_FALSE(timer->armed());
  TimePoint begin = Now();
  timer->Arm(begin + milliseconds(20));
  EXPECT_TRUE(Until([&] { return fired == 1; }));
  EXPECT_GE(Now() - begin, milliseconds(20));
  EXPECT_FALSE(timer->armed());
  EXPECT_FALSE(*loop_->RunOnce(milliseconds(0)));
  timer->Arm(Now());
  EXPECT_TRUE(Until([&] { return fired == 2; }));
}

TEST_F(LoopTest, DisarmedTimerDoesNotFire) {
  int fired = 0, other = 0;
  auto timer = loop_->AddTimer([&] { ++fired; });
  auto later = loop_->AddTimer([&] { ++other; });
  timer->Arm(Now());
  timer->Disarm();
  later->Arm(Now() + milliseconds(5));
  EXPECT_TRUE(Until([&] { return other == 1; }));
  EXPECT_EQ(fired, 0);
}

TEST_F(LoopTest, TimerMayDestroyItselfInItsCallback) {
  std::unique_ptr<Timer> timer;
  bool fired = false;
  timer = loop_->AddTimer([&] {
    timer.reset();
    fired = true;
  });
  timer->Arm(Now());
  EXPECT_TRUE(Until([&] { return fired; }));
}

TEST_F(LoopTest, HookRunsOnceAfterAllInputOfTheTurn) {
  Pair one, two;
  std::string order;
  auto hook = loop_->AddTurnHook([&] { order += "h"; });
  auto on = [&](Pair& pair, char name) {
    return *loop_->AddIo(pair.b.get(), EPOLLIN, [&, name](std::uint32_t) {
      pair.Read();
      order += name;
      hook->Request();
    });
  };
  auto first = on(one, 'i');
  auto second = on(two, 'i');
  one.Write();
  two.Write();
  EXPECT_TRUE(*loop_->RunOnce(seconds(1)));
  EXPECT_EQ(order, "iih");
}

TEST_F(LoopTest, HookRequestedByHookRunsInTheNextTurn) {
  int runs = 0;
  std::unique_ptr<TurnHook> hook;
  hook = loop_->AddTurnHook([&] {
    if (++runs == 1) hook->Request();
  });
  hook->Request();
  EXPECT_TRUE(*loop_->RunOnce(seconds(10)));
  EXPECT_EQ(runs, 1);
  // It does not wait, because there is something to do.
  TimePoint begin = Now();
  EXPECT_TRUE(*loop_->RunOnce(seconds(10)));
  EXPECT_LT(Now() - begin, seconds(5));
  EXPECT_EQ(runs, 2);
}

TEST_F(LoopTest, HookMayBeDestroyedByAnotherHook) {
  bool ran = false;
  auto victim = loop_->AddTurnHook([&] { ran = true; });
  auto killer = loop_->AddTurnHook([&] { victim.reset(); });
  killer->Request();
  victim->Request();
  EXPECT_TRUE(loop_->RunOnce(milliseconds(0)));
  EXPECT_FALSE(ran);
}

TEST_F(LoopTest, HookRunsDespiteEndlessInput) {
  Pair pair;
  bool ran = false;
  auto hook = loop_->AddTurnHook([&] { ran = true; });
  pair.Write();
  // Nobody reads it, so it is always ready.
  auto watch = *loop_->AddIo(pair.b.get(), EPOLLIN, [&](std::uint32_t) { hook->Request(); });
  EXPECT_TRUE(*loop_->RunOnce(seconds(1)));
  EXPECT_TRUE(ran);
}

TEST_F(LoopTest, DeferredRunsBeforeHooks) {
  std::string order;
  auto hook = loop_->AddTurnHook([&] { order += "h"; });
  auto timer = loop_->AddTimer([&] {
    hook->Request();
    loop_->Defer([&] { order += "d"; });
    order += "t";
  });
  timer->Arm(Now());
  EXPECT_TRUE(Until([&] { return order.size() == 3; }));
  EXPECT_EQ(order, "tdh");
}

TEST_F(LoopTest, PostWakesTheLoopFromAnotherThread) {
  std::thread::id ran_on;
  std::thread other([&] { loop_->Post([&] { ran_on = std::this_thread::get_id(); }); });
  EXPECT_TRUE(Until([&] { return ran_on != std::thread::id(); }));
  other.join();
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST_F(LoopTest, SignalEndsTheLoopWithItsCode) {
  auto watch = loop_->AddSignal(SIGUSR1, [&] { loop_->Exit(7); });
  ASSERT_TRUE(watch);
  kill(getpid(), SIGUSR1);
  auto code = loop_->Run();
  ASSERT_TRUE(code);
  EXPECT_EQ(*code, 7);
}

TEST_F(LoopTest, ExitRunsTheTurnsHooksFirst) {
  bool flushed = false;
  auto hook = loop_->AddTurnHook([&] { flushed = true; });
  auto timer = loop_->AddTimer([&] {
    hook->Request();
    loop_->Exit(0);
  });
  timer->Arm(Now());
  EXPECT_TRUE(loop_->Run());
  EXPECT_TRUE(flushed);
}

}  // namespace
}  // namespace funnel::event
