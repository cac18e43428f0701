// Two edges of one service in one process, on one loop, with authd, sctpd and the network between
// them played by the test:
//
//   near Edge --sctpd.sock--> FakeSctpd (relays frames) --service socket--> far Edge
//        '--authd.sock--> FakeAuthd <--authd.sock--'
//
// Frames are sealed with real tokens under an invented key.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/event/loop.h"
#include "common/service/edge.h"
#include "tests/unit/service/fake_authd.h"
#include "tests/unit/service/fake_sctpd.h"
#include "tests/unit/service/fake_server.h"  // IWYU pragma: export

namespace funnel::service {

// The fixture: fakes, and a loop with a deadline.
class TwoEdgesTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  template <typename Condition>
  [[nodiscard]] bool Until(Condition condition) {
    TimePoint deadline = Now() + std::chrono::seconds(20);
    while (!condition()) {
      if (Now() > deadline) return false;
      EXPECT_TRUE(loop_->RunOnce(std::chrono::milliseconds(20)));
    }
    return true;
  }
  [[nodiscard]] static config::ServiceConfig Service(config::Role role);
  [[nodiscard]] Edge::Setup MakeSetup(config::Role role);
  // Runs until nothing happens any more.
  void Settle();

  std::string folder_;
  std::unique_ptr<event::Loop> loop_;
  std::unique_ptr<FakeAuthd> authd_;
  std::unique_ptr<FakeSctpd> sctpd_;
  metrics::CounterFile near_counters_ = metrics::CounterFile::InMemory(kCommonTable);
  metrics::CounterFile far_counters_ = metrics::CounterFile::InMemory(kCommonTable);
  int stopped_ = 0;
  std::string status_;
};

}  // namespace funnel::service
