// The command line that all daemons and funnelctl share:
//
//   PROGRAM [--config DIR] [--defaults DIR] [--run DIR] [--state DIR] [--log-level LEVEL] [ARGUMENT
//   ...]
//
// `--key value` and `--key=value` both work; `--` ends the options; --help and --version answer on
// stdout. Options and arguments may be mixed. Folders are made absolute.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/log.h"

namespace funnel {

inline constexpr int kExitUsage = 2;

struct Options {
  std::string config_dir = "/etc/funnel";
  std::string defaults_dir = "/usr/lib/funnel";
  std::string run_dir = "/run/funnel";
  std::string state_dir = "/var/lib/funnel";
  std::optional<LogLevel> log_level;  // absent: [node] log-level decides
  bool help = false;
  bool version = false;
  bool json = false;                                    // only where Usage::accepts_json
  std::map<std::string, std::string, std::less<>> own;  // Usage::options that were given, by name
  std::vector<std::string> arguments;

  // Whether the program's own option NAME was given; its value (of a flag: "").
  [[nodiscard]] bool Has(std::string_view name) const { return own.contains(name); }
  [[nodiscard]] std::optional<std::string> Value(std::string_view name) const;

  // run_dir/NAME.
  [[nodiscard]] std::string RunPath(std::string_view name) const {
    return run_dir + "/" + std::string(name);
  }
};

// An option that one program or command has for itself.
struct OwnOption {
  std::string_view name;        // "--count"
  std::string_view short_name;  // "-c"; empty: none
  std::string_view value;       // what the help calls its value; empty: a flag
  std::string_view help;
};

// What differs between programs.
struct Usage {
  std::string_view program;      // "funnel-udpd"
  std::string_view arguments;    // "SERVICE"; empty for none
  std::string_view description;  // for --help: one line or more
  std::size_t min_arguments = 0;
  std::size_t max_arguments = 0;
  bool accepts_json = false;
  std::span<const OwnOption> options = {};
  std::string_view epilogue = {};  // ends the help, e.g. exit statuses
};

[[nodiscard]] Result<Options> ParseOptions(const Usage& usage, int argc, const char* const* argv);
[[nodiscard]] std::string HelpText(const Usage& usage);
// The first word that is neither an option nor the value of one: of those that all programs share,
// or of OWN. nullptr: none. For a program whose options depend on its first argument.
[[nodiscard]] const char* FirstArgument(int argc, const char* const* argv,
                                        std::span<const OwnOption> own = {});

// Parses, and answers --help, --version and mistakes itself: yields the exit status where the
// program shall end at once (0 after --help, kExitUsage after a mistake).
[[nodiscard]] std::expected<Options, int> ParseOptionsOrAnswer(const Usage& usage, int argc,
                                                               const char* const* argv);

}  // namespace funnel
