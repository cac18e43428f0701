// A command as an administrator writes it, in one line ([connect] exec).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace funnel::config {

// `/PROGRAM ARGUMENT ...`, split as systemd splits ExecStart= (systemd.service(5), COMMAND LINES):
// at blanks, except between '...' or "..."; with \a \b \f \n \r \t \v \\ \" \' \s and \xHH. There
// is no shell, and no variable is replaced. `%` begins what may mean something one day: `%%` is one
// of it.
struct CommandLine {
  static constexpr std::size_t kMaxWords = 256;

  std::string written;             // as in the file; empty: none
  std::vector<std::string> words;  // the first is an absolute path

  [[nodiscard]] static Result<CommandLine> Parse(std::string_view text);
  bool operator==(const CommandLine&) const = default;
};

}  // namespace funnel::config
