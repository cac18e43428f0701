#include "funnel-run/local_terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <functional>

#include "funnel-exec/pseudo_terminal.h"
#include "tests/unit/command/ends.h"

namespace funnel::run {
namespace {

class LocalTerminalTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = exec::PseudoTerminal::Make({24, 80});
    ASSERT_TRUE(made) << made.error().message;
    terminal_ = *std::move(made);
    ::setenv("TERM", "vt100", /*overwrite=*/1);
  }
  [[nodiscard]] int fd() const { return terminal_.command.get(); }
  [[nodiscard]] bool IsRaw() const {
    termios modes{};
    EXPECT_EQ(::tcgetattr(fd(), &modes), 0);
    return (modes.c_lflag & (ICANON | ISIG | ECHO)) == 0;
  }
  // Whether CHECK is true in a session whose terminal it is.
  [[nodiscard]] bool InItsSession(const std::function<bool()>& check) const {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::setsid();
      ::_exit(::ioctl(fd(), TIOCSCTTY, 0) == 0 && check() ? 0 : 1);
    }
    int status = -1;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    return status == 0;
  }

  exec::PseudoTerminal terminal_;
};

TEST_F(LocalTerminalTest, IsTwoTerminalsWithAType) {
  command::PipeEnds pipe;
  EXPECT_EQ(LocalTerminal::Find(fd(), pipe.write.get()), nullptr);
  EXPECT_EQ(LocalTerminal::Find(pipe.read.get(), fd()), nullptr);
  const auto found = LocalTerminal::Find(fd(), fd());
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->Describe(), (command::Terminal{{24, 80}, "vt100"}));
  exec::SetWindowSize(terminal_.ours.get(), {40, 120});
  EXPECT_EQ(found->size(), (command::WindowSize{40, 120}));

  ::setenv("TERM", "no type", /*overwrite=*/1);
  EXPECT_EQ(LocalTerminal::Find(fd(), fd()), nullptr);
  ::unsetenv("TERM");
  EXPECT_EQ(LocalTerminal::Find(fd(), fd()), nullptr);
}

TEST_F(LocalTerminalTest, IsAsBeforeWhenItIsRestored) {
  EXPECT_TRUE(InItsSession([this] {
    const auto terminal = LocalTerminal::Find(fd(), fd());
    terminal->MakeRaw();
    const bool raw = IsRaw();
    terminal->Restore();
    return raw && !IsRaw();
  }));
  EXPECT_FALSE(IsRaw());
}

TEST_F(LocalTerminalTest, IsAsBeforeWhenItsOwnerGoes) {
  EXPECT_TRUE(InItsSession([this] {
    {
      const auto terminal = LocalTerminal::Find(fd(), fd());
      terminal->MakeRaw();
      // Once more, as after SIGCONT: the modes to restore are still the first ones.
      terminal->MakeRaw();
      if (!IsRaw()) return false;
    }
    return !IsRaw();
  }));
}

TEST_F(LocalTerminalTest, IsLeftToOthersInTheBackground) {
  // It is no terminal of ours at all.
  LocalTerminal::Find(fd(), fd())->MakeRaw();
  EXPECT_FALSE(IsRaw());
}

}  // namespace
}  // namespace funnel::run
