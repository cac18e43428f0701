// `funnelctl log-level` in a daemon: another log level for a while, or until the next reload.
//
// Arguments: LEVEL [MILLISECONDS]. Owned by the daemon; the table must not use it any longer than
// it lives.
#pragma once

#include <functional>
#include <memory>

#include "common/base/log.h"
#include "common/event/loop.h"
#include "common/ipc/command_table.h"

namespace funnel::ipc {

class LogLevelCommand {
 public:
  // The longest time; without a time the level stays until the next reload or restart.
  static constexpr std::chrono::hours kMaxTime{24 * 7};

  // CONFIGURED returns the level that it goes back to.
  LogLevelCommand(event::Loop& loop, CommandTable& commands, std::function<LogLevel()> configured);

 private:
  void Run(const CommandRow::Arguments& arguments, const SharedAnswer& answer);

  std::function<LogLevel()> configured_;
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::ipc
