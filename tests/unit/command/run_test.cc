#include "funnel-run/run.h"

#include <signal.h>
#include <sys/signalfd.h>

#include <thread>

#include "tests/unit/command/ends.h"

namespace funnel::run {
namespace {

using command::InputEnd;
using command::MessagesIn;
using command::ReadAll;
using command::Serialize;
using command::Status;
using command::WriteAll;

class RunTest : public testing::Test {
 protected:
  RunTest() {
    sigset_t none;
    ::sigemptyset(&none);
    signals_.reset(::signalfd(-1, &none, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  // The far end has done all that it does.
  Run::Outcome Go(bool has_input = false) {
    funnel::run::Run run(ends_.pairs.ours, signals_.get(),
                         {input_.read.get(), output_.write.get(), errors_.write.get()}, has_input);
    Run::Outcome outcome = run.Go(*command::SerializeStart({{"argument"}}));
    output_.write.reset();
    errors_.write.reset();
    return outcome;
  }
  void SendStatus(const Status& status) { WriteAll(ends_.control(), Serialize(status)); }

  command::Ends ends_;
  command::PipeEnds input_, output_, errors_;
  UniqueFd signals_;
};

TEST_F(RunTest, EndsAsTheCommandDid) {
  WriteAll(ends_.stdio(), "out");
  WriteAll(ends_.errors(), "problem");
  SendStatus({Status::How::kExited, 7, 3, 7});
  const Run::Outcome outcome = Go();
  EXPECT_EQ(outcome.status, 7);
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(ReadAll(output_.read.get()), "out");
  EXPECT_EQ(ReadAll(errors_.read.get()), "problem");
}

TEST_F(RunTest, ASignalIsAStatusOfShells) {
  SendStatus({Status::How::kSignalled, SIGTERM, 0, 0});
  EXPECT_EQ(Go().status, 128 + SIGTERM);
}

TEST_F(RunTest, SendsTheStartAndTheEndOfItsInput) {
  input_.write.reset();
  SendStatus({});
  // The status is there from the beginning, and is not waited with for the input.
  EXPECT_EQ(Go(/*has_input=*/false).status, 0);
  for (UniqueFd& fd : ends_.pairs.ours) fd.reset();
  const auto messages = MessagesIn(ReadAll(ends_.control()));
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_TRUE(messages[0] == command::ControlMessage(command::Start{{"argument"}}));
  EXPECT_TRUE(messages[1] == command::ControlMessage(InputEnd{0}));
}

TEST_F(RunTest, StatesHowMuchItsInputWas) {
  WriteAll(input_.write.get(), "input");
  input_.write.reset();
  std::thread far_end([this] {
    char text[5];
    pollfd readable{ends_.stdio(), POLLIN, 0};
    EXPECT_EQ(::poll(&readable, 1, command::kPatienceMs), 1);
    EXPECT_EQ(::read(ends_.stdio(), text, sizeof text), 5);
    command::ControlReader reader;
    bool ended = false;
    while (!ended) {
      readable.fd = ends_.control();
      ASSERT_EQ(::poll(&readable, 1, command::kPatienceMs), 1);
      std::uint8_t buffer[100];
      const ssize_t size = ::read(ends_.control(), buffer, sizeof buffer);
      ASSERT_GT(size, 0);
      reader.Add(ByteView(buffer, static_cast<std::size_t>(size)));
      command::ControlMessage message;
      while (*reader.Next(message))
        ended = ended || message == command::ControlMessage(InputEnd{5});
    }
    SendStatus({});
  });
  EXPECT_EQ(Go(/*has_input=*/true).status, 0);
  far_end.join();
}

TEST_F(RunTest, ALostLinkIsNoSuccess) {
  WriteAll(ends_.stdio(), "out");
  ends_.CloseTheirs();
  const Run::Outcome outcome = Go();
  EXPECT_EQ(outcome.status, kExitLost);
  EXPECT_NE(outcome.error, "");
  EXPECT_EQ(ReadAll(output_.read.get()), "out");
}

TEST_F(RunTest, AStatusWithoutAllOutputIsNoSuccess) {
  WriteAll(ends_.stdio(), "out");
  SendStatus({Status::How::kExited, 0, 4, 0});
  ends_.CloseTheirs();
  const Run::Outcome outcome = Go();
  EXPECT_EQ(outcome.status, kExitLost);
  EXPECT_EQ(outcome.error, "what it wrote has not arrived whole");
}

TEST_F(RunTest, NeitherIsOneWithMoreOutputThanItStates) {
  WriteAll(ends_.stdio(), "out");
  SendStatus({Status::How::kExited, 0, 2, 0});
  EXPECT_EQ(Go().status, kExitLost);
}

TEST_F(RunTest, ARefusalSaysWhy) {
  WriteAll(ends_.control(), Serialize(command::Refused{"no arguments"}));
  const Run::Outcome outcome = Go();
  EXPECT_EQ(outcome.status, kExitRefused);
  EXPECT_EQ(outcome.error, "no arguments");
}

TEST_F(RunTest, RubbishOnTheControlFlowIsNoSuccess) {
  WriteAll(ends_.control(), "rubbish and more of it");
  ends_.CloseTheirs();
  EXPECT_EQ(Go().status, kExitLost);
}

TEST_F(RunTest, WhoBreaksTheProtocolIsNotWaitedFor) {
  WriteAll(ends_.control(), Serialize(command::HasTerminal{}));
  SendStatus({});
  // Nobody has asked for a terminal, and the far end does not go.
  const Run::Outcome outcome = Go();
  EXPECT_EQ(outcome.status, kExitLost);
  EXPECT_EQ(outcome.error, "the far end sends what only this end may");
}

}  // namespace
}  // namespace funnel::run
