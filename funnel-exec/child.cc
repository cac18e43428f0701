#include "funnel-exec/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "funnel-exec/pseudo_terminal.h"

namespace funnel::exec {
namespace {

// As shells have it; nobody sees it, as the reason comes by another way.
constexpr int kExitNotRun = 127;
// Behind standard input, output and error.
constexpr unsigned kFirstOther = 3;

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return FailErrno("cannot make a pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void SetNonBlocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// What a new process needs, made before the fork.
struct Plan {
  char* const* words;
  char* const* environment;
  const char* folder;
  std::array<int, 3> fds;  // they become 0, 1 and 2
  bool is_terminal;        // all three are one
  int report;              // an error goes there, as an errno
  pid_t parent;
};

// Nothing but async-signal-safe calls.
[[noreturn]] void BecomeCommand(const Plan& plan) {
  ::setsid();
  // Whoever made us may be dead already, and then the signal would never come.
  ::prctl(PR_SET_PDEATHSIG, SIGHUP);
  if (::getppid() != plan.parent) ::_exit(kExitNotRun);
  // What we ignore or block it would, too.
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  // All of ours are closed on exec already; this is for what a library may have opened.
  ::close_range(kFirstOther, ~0U, CLOSE_RANGE_CLOEXEC);
  bool good = ::chdir(plan.folder) == 0 || ::chdir("/") == 0;
  if (plan.is_terminal) good = ::ioctl(plan.fds[0], TIOCSCTTY, 0) == 0 && good;
  // Ours are above 2, where each has been moved before the fork.
  for (int i = 0; i < 3; ++i) good = ::dup2(plan.fds[static_cast<std::size_t>(i)], i) == i && good;
  if (good) ::execve(plan.words[0], plan.words, plan.environment);
  const int error = errno;
  (void)!::write(plan.report, &error, sizeof error);
  ::_exit(kExitNotRun);
}

// Descriptors 0 to 2 would be overwritten before they are used.
Result<UniqueFd> Above2(UniqueFd fd) {
  if (fd.get() > 2) return fd;
  UniqueFd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
  if (!moved) return FailErrno("cannot copy a descriptor");
  return moved;
}

// Both ends of what the command reads and writes.
struct Streams {
  UniqueFd input, output, errors;  // ours
  std::array<UniqueFd, 3> theirs;  // above 2; with a terminal the first one is all
  bool is_terminal = false;

  [[nodiscard]] std::array<int, 3> numbers() const {
    const int first = theirs[0].get();
    if (is_terminal) return {first, first, first};
    return {first, theirs[1].get(), theirs[2].get()};
  }
};

Result<Streams> MakePipes() {
  Pipe input = TRY(MakePipe()), output = TRY(MakePipe()), errors = TRY(MakePipe());
  Streams made{.input = std::move(input.write),
               .output = std::move(output.read),
               .errors = std::move(errors.read),
               .theirs = {}};
  made.theirs[0] = TRY(Above2(std::move(input.read)));
  made.theirs[1] = TRY(Above2(std::move(output.write)));
  made.theirs[2] = TRY(Above2(std::move(errors.write)));
  return made;
}

Result<Streams> MakeTerminal(const command::WindowSize& size) {
  PseudoTerminal terminal = TRY(PseudoTerminal::Make(size));
  Streams made{.input = UniqueFd(::fcntl(terminal.ours.get(), F_DUPFD_CLOEXEC, 0)),
               .output = std::move(terminal.ours),
               .errors = {},
               .theirs = {},
               .is_terminal = true};
  if (!made.input) return FailErrno("cannot copy a descriptor");
  made.theirs[0] = TRY(Above2(std::move(terminal.command)));
  return made;
}

}  // namespace

Child::Child(Child&& other) noexcept
    : input(std::move(other.input)),
      output(std::move(other.output)),
      errors(std::move(other.errors)),
      pid_(std::exchange(other.pid_, 0)),
      watch_(std::move(other.watch_)),
      terminal_(std::move(other.terminal_)) {}

Child::~Child() {
  if (pid_ == 0) return;
  Kill(SIGKILL);
  (void)TakeStatus();
}

Result<Child> Child::Start(const std::vector<std::string>& words,
                           const std::vector<std::string>& environment, const std::string& folder,
                           const std::optional<command::Terminal>& terminal) {
  Streams streams = TRY(terminal ? MakeTerminal(terminal->size) : MakePipes());
  Pipe report = TRY(MakePipe());
  report.write = TRY(Above2(std::move(report.write)));

  const std::vector<char*> argv = Pointers(words), envp = Pointers(environment);
  const Plan plan{.words = argv.data(),
                  .environment = envp.data(),
                  .folder = folder.c_str(),
                  .fds = streams.numbers(),
                  .is_terminal = streams.is_terminal,
                  .report = report.write.get(),
                  .parent = ::getpid()};
  const pid_t pid = ::fork();
  if (pid < 0) return FailErrno("cannot start a process");
  if (pid == 0) BecomeCommand(plan);

  Child child(pid);
  report.write.reset();
  int error = 0;
  if (::read(report.read.get(), &error, sizeof error) == static_cast<ssize_t>(sizeof error))
    return FailErrno("cannot run " + words.front(), error);
  child.watch_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!child.watch_) return FailErrno("cannot watch the process");

  child.input = std::move(streams.input);
  child.output = std::move(streams.output);
  child.errors = std::move(streams.errors);
  if (streams.is_terminal) child.terminal_ = std::move(streams.theirs[0]);
  for (const UniqueFd* fd : {&child.input, &child.output, &child.errors})
    if (*fd) SetNonBlocking(fd->get());
  return child;
}

void Child::Kill(int signal) const {
  if (pid_ != 0) ::kill(-pid_, signal);
}

void Child::Resize(const command::WindowSize& size) const {
  if (terminal_) SetWindowSize(output.get(), size);
}

void Child::EndInput() {
  termios modes{};
  if (terminal_ && ::tcgetattr(terminal_.get(), &modes) == 0 && (modes.c_lflag & ICANON) != 0)
    (void)!::write(input.get(), &modes.c_cc[VEOF], 1);
  input.reset();
}

void Child::HangUp() {
  Kill(SIGHUP);
  if (!terminal_) return;
  input.reset();
  output.reset();
}

Child::Ended Child::TakeStatus() {
  // Until it is known what became of it, it is no success.
  int status = SIGKILL;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = 0;
  if (WIFSIGNALED(status)) return {true, WTERMSIG(status)};
  return {false, WEXITSTATUS(status)};
}

}  // namespace funnel::exec
