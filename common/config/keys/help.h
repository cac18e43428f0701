// The table of configuration as text.
#pragma once

#include <span>
#include <string>

#include "common/config/keys/keys.h"

namespace funnel::config {

// Every key of every file: syntax, default, range, where it applies, since when.
[[nodiscard]] std::string HelpForKeys();

// What limits a key, in one line: "default: 5s; range: 1s to 5min; needs a restart; since 0.1".
[[nodiscard]] std::string DescribeLimits(const KeyRow& row);

// "protocol = udp and a service with [listen]"; "" where the key always makes sense.
[[nodiscard]] std::string DescribeApplies(const KeyRow& row);

// What else bounds the key: "rto-initial", "half of dead-peer-timeout"; "": nothing.
[[nodiscard]] std::string DescribeMost(const KeyRow& row);

// What puts a change in force: "reload", "restart", ...
[[nodiscard]] std::string_view DescribeApplied(const KeyRow& row);

// The three files, as help names them.
struct ConfigFile {
  std::string_view name;
  std::string_view note;  // what to know of it; may be empty
  std::span<const KeyRow> (*rows)();
};
[[nodiscard]] std::span<const ConfigFile> ConfigFiles();

// A file's keys for its manual page, in mdoc(7): one subsection for each section of the file.
[[nodiscard]] std::string MdocForKeys(std::span<const KeyRow> rows);

}  // namespace funnel::config
