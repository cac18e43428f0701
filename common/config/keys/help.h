// The key table as text.
#pragma once

#include <span>
#include <string>

#include "common/config/keys/keys.h"

namespace funnel::config {

// Every key of every file: syntax, default, range, where it applies, since when.
[[nodiscard]] std::string HelpForKeys();

// What limits a key, in one line: "default: 5s; range: 1s to 5min; needs a restart; since 0.1".
[[nodiscard]] std::string DescribeLimits(const KeyRow& row);

// "protocol = udp and a service with [listen]"; "" if the key always applies.
[[nodiscard]] std::string DescribeApplies(const KeyRow& row);

// Which other value the key may not exceed: "rto-initial", "half of dead-peer-timeout"; "": none.
[[nodiscard]] std::string DescribeMost(const KeyRow& row);

// What makes a change effective: "reload", "restart", ...
[[nodiscard]] std::string_view DescribeApplied(const KeyRow& row);

// The three files, as help names them.
struct ConfigFile {
  std::string_view name;
  std::string_view note;  // what one should know about it; may be empty
  std::span<const KeyRow> (*rows)();
};
[[nodiscard]] std::span<const ConfigFile> ConfigFiles();

// The keys of a file for its manual page, in mdoc(7): one subsection for each section of the file.
[[nodiscard]] std::string MdocForKeys(std::span<const KeyRow> rows);

}  // namespace funnel::config
