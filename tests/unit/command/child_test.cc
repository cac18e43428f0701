#include "funnel-exec/child.h"

#include <signal.h>

#include "tests/unit/command/ends.h"

namespace funnel::exec {
namespace {

using command::ReadAll;
using command::ReadExactly;
using command::WriteAll;

const std::vector<std::string> kEnvironment = {"PATH=/usr/bin:/bin", "FUNNEL_USER=alice"};

Result<Child> Shell(const std::string& script) {
  return Child::Start({"/bin/sh", "-c", script}, kEnvironment, "/");
}

Result<Child> OnTerminal(const std::string& script) {
  return Child::Start({"/bin/sh", "-c", script}, kEnvironment, "/",
                      command::Terminal{{30, 100}, "xterm"});
}

TEST(Child, HasThreeFlowsAndAStatus) {
  auto child = Shell("cat; echo problem >&2; exit 7");
  ASSERT_TRUE(child);
  WriteAll(child->input.get(), "through");
  child->input.reset();
  EXPECT_EQ(ReadAll(child->output.get()), "through");
  EXPECT_EQ(ReadAll(child->errors.get()), "problem\n");
  const Child::Ended ended = child->TakeStatus();
  EXPECT_FALSE(ended.by_signal);
  EXPECT_EQ(ended.value, 7);
}

TEST(Child, KnowsNothingOfOurEnvironment) {
  auto child = Shell("env | grep -v '^_=\\|^PWD=\\|^SHLVL=\\|^OLDPWD=' | sort; pwd");
  ASSERT_TRUE(child);
  child->input.reset();
  EXPECT_EQ(ReadAll(child->output.get()), "FUNNEL_USER=alice\nPATH=/usr/bin:/bin\n/\n");
}

TEST(Child, ASignalReachesItsWholeGroup) {
  auto child = Shell("sleep 1000 & echo ready; wait");
  ASSERT_TRUE(child);
  char ready[6];
  pollfd readable{child->output.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&readable, 1, command::kPatienceMs), 1);
  ASSERT_EQ(::read(child->output.get(), ready, sizeof ready), 6);
  child->Kill(SIGTERM);
  // The sleep has the other end of the pipe, too.
  EXPECT_EQ(ReadAll(child->output.get()), "");
  const Child::Ended ended = child->TakeStatus();
  EXPECT_TRUE(ended.by_signal);
  EXPECT_EQ(ended.value, SIGTERM);
}

TEST(Child, ABrokenPipeEndsIt) {
  auto child = Shell("exec yes");
  ASSERT_TRUE(child);
  child->output.reset();
  const Child::Ended ended = child->TakeStatus();
  EXPECT_TRUE(ended.by_signal);
  EXPECT_EQ(ended.value, SIGPIPE);
}

TEST(Child, HasNoDescriptorOfOurs) {
  command::PipeEnds pipe;
  ASSERT_EQ(::fcntl(pipe.read.get(), F_SETFD, 0), 0);
  auto child = Shell("exec ls /proc/self/fd");
  ASSERT_TRUE(child);
  // The last one is that of the folder.
  EXPECT_EQ(ReadAll(child->output.get()), "0\n1\n2\n3\n");
}

TEST(Child, ASignalThatWeIgnoreIsNotIgnoredByIt) {
  const auto before = ::signal(SIGHUP, SIG_IGN);
  auto child = Shell("kill -HUP $$; echo alive");
  ::signal(SIGHUP, before);
  ASSERT_TRUE(child);
  EXPECT_EQ(ReadAll(child->output.get()), "");
  const Child::Ended ended = child->TakeStatus();
  EXPECT_TRUE(ended.by_signal);
  EXPECT_EQ(ended.value, SIGHUP);
}

TEST(Child, SaysWhyItCannotBeRun) {
  const auto missing = Child::Start({"/nonexistent/program"}, kEnvironment, "/");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "cannot run /nonexistent/program: No such file or directory");
}

TEST(Child, MayHaveATerminal) {
  auto child = OnTerminal("stty size; echo problem >&2; exit 3");
  ASSERT_TRUE(child) << child.error().message;
  EXPECT_TRUE(child->has_terminal());
  EXPECT_EQ(ReadExactly(child->output.get(), 17), "30 100\r\nproblem\r\n");
  EXPECT_EQ(child->TakeStatus().value, 3);
}

TEST(Child, IsToldOfAnotherSize) {
  auto child = OnTerminal("trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done");
  ASSERT_TRUE(child);
  EXPECT_EQ(ReadExactly(child->output.get(), 7), "ready\r\n");
  child->Resize({40, 120});
  EXPECT_EQ(ReadExactly(child->output.get(), 8), "40 120\r\n");
}

TEST(Child, AnInterruptIsAByteOfATerminal) {
  auto child = OnTerminal("echo ready; exec sleep 1000");
  ASSERT_TRUE(child);
  EXPECT_EQ(ReadExactly(child->output.get(), 7), "ready\r\n");
  WriteAll(child->input.get(), "\x03");
  const Child::Ended ended = child->TakeStatus();
  EXPECT_TRUE(ended.by_signal);
  EXPECT_EQ(ended.value, SIGINT);
}

TEST(Child, TheInputOfATerminalEnds) {
  auto child = OnTerminal("stty -echo; echo ready; cat; echo done");
  ASSERT_TRUE(child);
  EXPECT_EQ(ReadExactly(child->output.get(), 7), "ready\r\n");
  WriteAll(child->input.get(), "line\n");
  child->EndInput();
  EXPECT_EQ(ReadExactly(child->output.get(), 12), "line\r\ndone\r\n");
}

TEST(Child, LosesItsTerminalWithItsClient) {
  auto child = OnTerminal("echo ready; exec sleep 1000");
  ASSERT_TRUE(child);
  EXPECT_EQ(ReadExactly(child->output.get(), 7), "ready\r\n");
  child->HangUp();
  EXPECT_EQ(child->TakeStatus().value, SIGHUP);
}

TEST(Child, EndsWithItsOwner) {
  pid_t pid = 0;
  {
    auto child = Shell("sleep 1000");
    ASSERT_TRUE(child);
    pid = child->pid();
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

}  // namespace
}  // namespace funnel::exec
