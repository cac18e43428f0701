#include "funnel-exec/relay.h"

#include <signal.h>

#include <thread>

#include "tests/unit/command/ends.h"

namespace funnel::exec {
namespace {

using command::InputEnd;
using command::NextMessage;
using command::ReadExactly;
using command::Serialize;
using command::Status;
using command::WriteAll;

class RelayTest : public testing::Test {
 protected:
  static constexpr std::chrono::seconds kLong{60};

  // As funnel-exec does: the command may close its input.
  RelayTest() { ::signal(SIGPIPE, SIG_IGN); }
  // Runs SCRIPT with the flows, as funnel-exec does, while the test plays the client.
  void Start(const std::string& script, std::chrono::milliseconds kill_after = kLong,
             const std::optional<command::Terminal>& terminal = std::nullopt) {
    auto child = Child::Start({"/bin/sh", "-c", script}, {"PATH=/usr/bin:/bin"}, "/", terminal);
    ASSERT_TRUE(child) << child.error().message;
    thread_ = std::thread([this, kill_after, moved = std::move(*child)]() mutable {
      Relay relay(std::move(moved), ends_.pairs.ours, kill_after);
      outcome_ = relay.Run();
      for (UniqueFd& fd : ends_.pairs.ours) fd.reset();
    });
  }
  void Finish() {
    if (thread_.joinable()) thread_.join();
  }
  void TearDown() override {
    ends_.CloseTheirs();
    Finish();
  }
  void EndInput(std::uint64_t bytes) { WriteAll(ends_.control(), Serialize(InputEnd{bytes})); }
  // The next message; a status with 255 for anything else.
  Status TakeStatus() {
    const auto message = NextMessage(ends_.control());
    return std::holds_alternative<Status>(message) ? std::get<Status>(message)
                                                   : Status{.value = 255};
  }
  // As a client that has all.
  void Leave() {
    ends_.CloseTheirs();
    Finish();
  }

  command::Ends ends_;
  Relay::Outcome outcome_;
  std::thread thread_;
};

TEST_F(RelayTest, CarriesThreeFlowsAndStatesTheirLengths) {
  Start("cat; echo problem >&2; exit 3");
  WriteAll(ends_.stdio(), "input");
  EndInput(5);
  EXPECT_EQ(ReadExactly(ends_.stdio(), 5), "input");
  EXPECT_EQ(ReadExactly(ends_.errors(), 8), "problem\n");
  EXPECT_EQ(TakeStatus(), (Status{Status::How::kExited, 3, 5, 8}));
  Leave();
  EXPECT_EQ(outcome_.lost, "");
  EXPECT_EQ(outcome_.input_bytes, 5u);
}

TEST_F(RelayTest, TheInputEndsOnlyWhenAllOfItHasCome) {
  Start("cat > /dev/null; echo whole");
  EndInput(10);
  WriteAll(ends_.stdio(), "half.");
  // What is missing never comes: the command is not told that it has all.
  ends_.CloseTheirs();
  Finish();
  EXPECT_NE(outcome_.lost, "");
  EXPECT_EQ(outcome_.output_bytes, 0u);
  EXPECT_TRUE(outcome_.ended.by_signal);
}

TEST_F(RelayTest, AFullInputHoldsUpNoSignal) {
  Start("exec sleep 1000");
  const std::string piece(65536, 'x');
  while (::send(ends_.stdio(), piece.data(), piece.size(), MSG_DONTWAIT) > 0) continue;
  WriteAll(ends_.control(), Serialize(command::Signal{SIGINT}));
  const Status status = TakeStatus();
  EXPECT_EQ(status.how, Status::How::kSignalled);
  EXPECT_EQ(status.value, SIGINT);
}

TEST_F(RelayTest, ABlockedOutputHoldsUpNoErrors) {
  Start("yes & echo problem >&2; wait");
  char text[8];
  pollfd readable{ends_.errors(), POLLIN, 0};
  ASSERT_EQ(::poll(&readable, 1, command::kPatienceMs), 1);
  ASSERT_EQ(::read(ends_.errors(), text, sizeof text), 8);
  WriteAll(ends_.control(), Serialize(command::Signal{SIGTERM}));
}

TEST_F(RelayTest, GivesTheStatusOnlyBehindAllOutput) {
  Start("head -c 1000000 /dev/zero");
  EndInput(0);
  pollfd early{ends_.control(), POLLIN, 0};
  EXPECT_EQ(ReadExactly(ends_.stdio(), 1000000).size(), 1000000u);
  ASSERT_EQ(::poll(&early, 1, command::kPatienceMs), 1);
  EXPECT_EQ(TakeStatus().output_bytes, 1000000u);
}

TEST_F(RelayTest, DoesNotWaitForWhatTheCommandLeavesBehind) {
  Start("sleep 1000 & echo done");
  EndInput(0);
  EXPECT_EQ(ReadExactly(ends_.stdio(), 5), "done\n");
  EXPECT_EQ(TakeStatus().value, 0);
}

TEST_F(RelayTest, ACommandWhoseClientHasGoneGetsAHangUp) {
  Start("trap 'exit 9' HUP; echo ready; while :; do sleep 0.05; done");
  pollfd readable{ends_.stdio(), POLLIN, 0};
  ASSERT_EQ(::poll(&readable, 1, command::kPatienceMs), 1);
  ends_.CloseTheirs();
  Finish();
  EXPECT_EQ(outcome_.ended.value, 9);
  EXPECT_NE(outcome_.lost, "");
}

TEST_F(RelayTest, WhatDoesNotHeedTheHangUpIsKilled) {
  Start("trap '' HUP; echo ready; while :; do sleep 0.05; done", std::chrono::milliseconds(100));
  EXPECT_EQ(ReadExactly(ends_.stdio(), 6), "ready\n");
  Leave();
  EXPECT_TRUE(outcome_.ended.by_signal);
  EXPECT_EQ(outcome_.ended.value, SIGKILL);
}

// Closed with unread input, its sockets would break, and with them what is still on its way.
TEST_F(RelayTest, ReadsWhatTheCommandHasNotUntilTheClientGoes) {
  Start("echo done");
  WriteAll(ends_.stdio(), "early");
  EXPECT_EQ(TakeStatus(), (Status{Status::How::kExited, 0, 5, 0}));
  WriteAll(ends_.stdio(), "late");
  EndInput(9);
  EXPECT_EQ(ReadExactly(ends_.stdio(), 5), "done\n");
  pollfd quiet{ends_.stdio(), 0, 0};
  EXPECT_EQ(::poll(&quiet, 1, 0), 0);
  Leave();
  EXPECT_EQ(outcome_.lost, "");
}

TEST_F(RelayTest, WhatItLeavesBehindDoesNotKeepTheStatusBack) {
  Start("yes & exit 4");
  // It writes for as long as there is room.
  std::thread reader([this] { (void)command::ReadAll(ends_.stdio()); });
  EXPECT_EQ(TakeStatus().value, 4);
  ::shutdown(ends_.stdio(), SHUT_RD);
  reader.join();
}

TEST_F(RelayTest, ATerminalSaysSoFirstAndHearsOfAnotherSize) {
  Start("trap 'stty size; exit 5' WINCH; echo ready; while :; do sleep 0.05; done", kLong,
        command::Terminal{{24, 80}, "xterm"});
  EXPECT_TRUE(std::holds_alternative<command::HasTerminal>(NextMessage(ends_.control())));
  EXPECT_EQ(ReadExactly(ends_.stdio(), 7), "ready\r\n");
  WriteAll(ends_.control(), Serialize(command::Resize{{40, 120}}));
  EXPECT_EQ(ReadExactly(ends_.stdio(), 8), "40 120\r\n");
  EXPECT_EQ(TakeStatus(), (Status{Status::How::kExited, 5, 15, 0}));
}

TEST_F(RelayTest, ATerminalGoesWithTheClient) {
  Start("echo ready; exec sleep 1000", kLong, command::Terminal{{24, 80}, "xterm"});
  EXPECT_EQ(ReadExactly(ends_.stdio(), 7), "ready\r\n");
  Leave();
  EXPECT_TRUE(outcome_.ended.by_signal);
  EXPECT_EQ(outcome_.ended.value, SIGHUP);
}

TEST_F(RelayTest, WhatOnlyThisEndMaySendEndsTheCommand) {
  Start("exec sleep 1000");
  WriteAll(ends_.control(), Serialize(Status{}));
  Finish();
  EXPECT_EQ(outcome_.lost, "the client sends what only this end may");
}

TEST_F(RelayTest, MoreInputThanStatedEndsTheCommand) {
  Start("exec cat");
  WriteAll(ends_.stdio(), "too much");
  EndInput(3);
  Finish();
  EXPECT_EQ(outcome_.lost, "the client sends more than it says");
}

}  // namespace
}  // namespace funnel::exec
