#include "funnel-authd/peer/link_turn.h"

#include <gtest/gtest.h>

#include <string>

namespace funnel::authd {
namespace {

using namespace std::chrono_literals;

class LinkTurnTest : public testing::Test {
 protected:
  // Until a timer that was armed after all others has run.
  void RunAll() {
    bool over = false;
    auto last = loop_->AddTimer([&] { over = true; });
    last->ArmAfter(20ms);
    while (!over) ASSERT_TRUE(loop_->RunOnce(1s));
  }

  std::unique_ptr<event::Loop> loop_ = *event::Loop::Create();
  LinkTurn turn_{*loop_};
  std::string steps_;
};

TEST_F(LinkTurnTest, StepIsNotOfThisTurn) {
  turn_.Do([this] { steps_ += 'a'; }, {});
  EXPECT_EQ(steps_, "");
  RunAll();
  EXPECT_EQ(steps_, "a");
}

TEST_F(LinkTurnTest, LaterStepIsInsteadOfTheOneThatWaits) {
  turn_.Do([this] { steps_ += 'a'; }, {});
  turn_.Do([this] { steps_ += 'b'; }, 1ms);
  RunAll();
  EXPECT_EQ(steps_, "b");
}

TEST_F(LinkTurnTest, CancelledStepIsNotCalled) {
  turn_.Do([this] { steps_ += 'a'; }, {});
  turn_.Cancel();
  RunAll();
  EXPECT_EQ(steps_, "");
}

TEST_F(LinkTurnTest, StepMayLeaveAnother) {
  turn_.Do(
      [this] {
        steps_ += 'a';
        turn_.Do([this] { steps_ += 'b'; }, {});
      },
      {});
  RunAll();
  EXPECT_EQ(steps_, "ab");
}

}  // namespace
}  // namespace funnel::authd
