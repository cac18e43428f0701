// The terminal that funnel-run runs on, while the command has one of its own: what is typed goes to
// that as it is (raw mode), ^C and all, and what it says comes back as it is.
//
// The destructor restores the modes, and so does whoever lets somebody else use the terminal.
#pragma once

#include <termios.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/command/control_message.h"

namespace funnel::run {

class LocalTerminal {
 public:
  // nullptr: INPUT and OUTPUT are not both terminals, or the environment does not say of what type.
  // Both outlive it.
  [[nodiscard]] static std::unique_ptr<LocalTerminal> Find(int input, int output);
  LocalTerminal(const LocalTerminal&) = delete;
  LocalTerminal& operator=(const LocalTerminal&) = delete;
  ~LocalTerminal() { Restore(); }

  [[nodiscard]] command::WindowSize size() const;
  // What the far end is told of it.
  [[nodiscard]] command::Terminal Describe() const { return {size(), type_}; }
  // Does nothing while we are in the background: then the terminal is another's.
  void MakeRaw();
  void Restore();

 private:
  LocalTerminal(int input, std::string type) : input_(input), type_(std::move(type)) {}

  const int input_;
  const std::string type_;
  std::optional<termios> saved_;  // its modes before it was made raw
};

}  // namespace funnel::run
