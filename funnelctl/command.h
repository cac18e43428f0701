// A command of funnelctl. Each has a file of its own and a row in commands.cc.
#pragma once

#include <span>
#include <string_view>

#include "common/config/options.h"

namespace funnel::ctl {

// What funnelctl ends with.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // mistakes were found, or a daemon did not answer
inline constexpr int kExitUsage = config::kExitUsage;

struct Command {
  std::string_view name;
  std::string_view help;  // one line
  int (*run)(const config::Options& options);
};

[[nodiscard]] std::span<const Command> Commands();

int RunCheck(const config::Options& options);       // check.cc
int RunHelpConfig(const config::Options& options);  // help_config.cc
int RunStatus(const config::Options& options);      // status.cc

}  // namespace funnel::ctl
