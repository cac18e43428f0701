// The command's process, at the other end of three pipes, or of a terminal. It leads a session and
// a process group of its own, so that a signal reaches what it has started, too, and it gets SIGHUP
// if we die.
//
// Whoever owns it reads its status; the destructor ends it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "common/command/control_message.h"

namespace funnel::exec {

class Child {
 public:
  struct Ended {
    bool by_signal = false;
    int value = 0;  // the status, or the signal's number
  };

  // WORDS: program and arguments. ENVIRONMENT: NAME=VALUE. TERMINAL: it gets one of that size. The
  // error says why it cannot be run.
  [[nodiscard]] static Result<Child> Start(
      const std::vector<std::string>& words, const std::vector<std::string>& environment,
      const std::string& folder, const std::optional<command::Terminal>& terminal = std::nullopt);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Readable when it has ended.
  [[nodiscard]] int watch() const { return watch_.get(); }
  [[nodiscard]] bool has_terminal() const { return static_cast<bool>(terminal_); }
  // To its group.
  void Kill(int signal) const;
  // Of its terminal, if it has one.
  void Resize(const command::WindowSize& size) const;
  // No more input comes. A terminal cannot end in one direction: its user types ^D.
  void EndInput();
  // SIGHUP; a terminal is gone with it, and with that all that the command has started on it.
  void HangUp();
  // Call it when watch() is readable.
  [[nodiscard]] Ended TakeStatus();

  // Our ends of the pipes, non-blocking; with a terminal the first two are that, and there are no
  // errors.
  UniqueFd input, output, errors;

 private:
  explicit Child(pid_t pid) : pid_(pid) {}

  pid_t pid_;  // 0: its status was taken
  UniqueFd watch_;
  // The command's end: while it is open, the command may close it and open it again.
  UniqueFd terminal_;
};

}  // namespace funnel::exec
