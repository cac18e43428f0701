#include "common/service/idle_exit.h"  // IWYU pragma: keep: what is tested

#include "tests/unit/service/recorders.h"

namespace funnel::service {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kIdle{200};

class IdleExitTest : public TwoEdgesTest {
 protected:
  void SetUp() override {
    TwoEdgesTest::SetUp();
    near_ = std::make_unique<Edge>(*loop_, IdleSetup(config::Role::kListen, near_idle_), near_app_,
                                   near_counters_);
    far_ = std::make_unique<Edge>(*loop_, IdleSetup(config::Role::kConnect, far_idle_), far_app_,
                                  far_counters_);
    ASSERT_TRUE(far_->StartConnecting(ListenAt(folder_ + "/dns.sock")));
    ASSERT_TRUE(near_->StartListening());
    ASSERT_TRUE(Until([this] { return near_app_.up != nullptr && far_app_.up != nullptr; }));
  }
  void TearDown() override {
    near_.reset();
    far_.reset();
    TwoEdgesTest::TearDown();
  }
  Edge::Setup IdleSetup(config::Role role, int& idle) {
    auto setup = MakeSetup(role);
    setup.service.idle_exit = kIdle;
    setup.on_idle = [&idle] { ++idle; };
    return setup;
  }
  void RunFor(Duration time) {
    const TimePoint end = Now() + time;
    EXPECT_TRUE(Until([end] { return Now() >= end; }));
  }

  Recorder near_app_, far_app_;
  std::unique_ptr<Edge> near_, far_;
  int near_idle_ = 0, far_idle_ = 0;
};

TEST_F(IdleExitTest, StaysWhileThereIsAFlow) {
  RunFor(2 * kIdle);
  EXPECT_EQ(near_idle_, 0);
}

TEST_F(IdleExitTest, IsDueThatLongAfterTheLastFlow) {
  const TimePoint last = Now();
  near_app_.idle_since = last;
  ASSERT_TRUE(Until([this] { return near_idle_ > 0; }));
  EXPECT_GE(Now() - last, kIdle);
  RunFor(2 * kIdle);
  EXPECT_EQ(near_idle_, 1);
}

TEST_F(IdleExitTest, ClosesTheChannelCleanly) {
  near_app_.idle_since = Now();
  ASSERT_TRUE(Until([this] { return near_idle_ > 0; }));
  near_->Stop();
  ASSERT_TRUE(Until([this] { return stopped_ > 0 && !far_app_.ends.empty(); }));
  EXPECT_EQ(far_app_.ends.back(), std::pair(wire::EndCode::kShutdown, true));
}

TEST_F(IdleExitTest, ServerSideStaysWhileThereIsAChannel) {
  far_app_.idle_since = Now();
  RunFor(2 * kIdle);
  EXPECT_EQ(far_idle_, 0);
  sctpd_->Stop();
  EXPECT_TRUE(Until([this] { return far_idle_ == 1; }));
}

TEST_F(IdleExitTest, ReloadTurnsItOff) {
  auto service = Service(config::Role::kListen);
  service.idle_exit = milliseconds(0);
  near_->Reload(service);
  near_app_.idle_since = Now();
  RunFor(2 * kIdle);
  EXPECT_EQ(near_idle_, 0);
}

}  // namespace
}  // namespace funnel::service
