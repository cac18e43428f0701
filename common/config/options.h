// The command line that all daemons and funnelctl share:
//
//   PROGRAM [--config DIR] [--defaults DIR] [--run DIR] [--state DIR] [--log-level LEVEL] [ARGUMENT
//   ...]
//
// `--key value` and `--key=value` both work; `--` ends the options; --help and --version answer on
// stdout. Options and arguments may be mixed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/log.h"

namespace funnel::config {

inline constexpr int kExitUsage = 2;

struct Options {
  std::string config_dir = "/etc/funnel";
  std::string defaults_dir = "/usr/lib/funnel";
  std::string run_dir = "/run/funnel";
  std::string state_dir = "/var/lib/funnel";
  std::optional<LogLevel> log_level;  // absent: [node] log-level decides
  bool help = false;
  bool version = false;
  bool json = false;  // only where Usage::accepts_json
  std::vector<std::string> arguments;

  // run_dir/NAME.
  [[nodiscard]] std::string RunPath(std::string_view name) const {
    return run_dir + "/" + std::string(name);
  }
};

// What differs between programs.
struct Usage {
  std::string_view program;      // "funnel-udpd"
  std::string_view arguments;    // "SERVICE"; empty for none
  std::string_view description;  // for --help: one line or more
  std::size_t min_arguments = 0;
  std::size_t max_arguments = 0;
  bool accepts_json = false;
};

[[nodiscard]] Result<Options> ParseOptions(const Usage& usage, int argc, const char* const* argv);
[[nodiscard]] std::string HelpText(const Usage& usage);

// Parses, and answers --help, --version and mistakes itself: yields the exit status where the
// program shall end at once (0 after --help, kExitUsage after a mistake).
[[nodiscard]] std::expected<Options, int> ParseOptionsOrAnswer(const Usage& usage, int argc,
                                                               const char* const* argv);

}  // namespace funnel::config
