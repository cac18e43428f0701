// `funnelctl log-level` at a daemon: another level for a while or until the next reload.
//
// Arguments: LEVEL [MILLISECONDS]. Owned by the daemon, outlived by the table's use of it.
#pragma once

#include <functional>
#include <memory>

#include "common/base/log.h"
#include "common/event/loop.h"
#include "common/ipc/command_table.h"

namespace funnel::ipc {

class LogLevelCommand {
 public:
  // No longer than this; without a time it stays until the next reload or restart.
  static constexpr std::chrono::hours kMaxTime{24 * 7};

  // CONFIGURED yields the level that it goes back to.
  LogLevelCommand(event::Loop& loop, CommandTable& commands, std::function<LogLevel()> configured);

 private:
  void Run(const CommandRow::Arguments& arguments, const SharedAnswer& answer);

  std::function<LogLevel()> configured_;
  std::unique_ptr<event::Timer> timer_;
};

}  // namespace funnel::ipc
