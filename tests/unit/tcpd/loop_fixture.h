// A loop, and the backend that the test plays.
#pragma once

#include <gtest/gtest.h>

#include "common/event/loop.h"
#include "tests/unit/tcpd/test_sockets.h"

namespace funnel::tcpd {

class LoopTest : public ::testing::Test {
 protected:
  static constexpr std::chrono::seconds kDeadline{20};

  // Runs turns of the loop until CONDITION is true; false at the deadline.
  template <typename Condition>
  [[nodiscard]] bool Until(Condition condition) {
    const TimePoint end = Now() + kDeadline;
    while (!condition()) {
      if (Now() > end) return false;
      EXPECT_TRUE(loop_->RunOnce(std::chrono::milliseconds(5)));
    }
    return true;
  }
  [[nodiscard]] UniqueFd AcceptAtBackend() {
    UniqueFd accepted;
    EXPECT_TRUE(Until([&] {
      accepted = AcceptFrom(backend_listener_.get());
      return bool(accepted);
    }));
    return accepted;
  }
  [[nodiscard]] bool ReadsUntil(UniqueFd& fd, Reader& reader, ReadState state) {
    return Until([&] {
      reader.Poll(fd.get());
      return reader.state == state;
    });
  }
  static void SendText(UniqueFd& fd, const std::string& text) {
    ASSERT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  std::unique_ptr<event::Loop> loop_ = *event::Loop::Create();
  UniqueFd backend_listener_ = Listen("127.0.0.1");
  SocketAddress client_address_;
};

}  // namespace funnel::tcpd
