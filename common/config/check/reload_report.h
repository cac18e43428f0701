// What a daemon's reload did: for its log, and for `funnelctl reload`
// (funnelctl/command_schema.md).
#pragma once

#include <string>
#include <vector>

#include "common/config/check/changes.h"
#include "common/config/read/load.h"

namespace funnel::config {

// A key that this daemon cannot change while it runs, and the command that changes it.
struct NeedsRestart {
  NeedsRestart(std::string what, std::string how) : key(std::move(what)), command(std::move(how)) {}
  NeedsRestart(const KeyRow& row, std::string how)
      : NeedsRestart("[" + std::string(row.section) + "] " + std::string(row.key), std::move(how)) {
  }

  std::string key;      // "[listen] address"
  std::string command;  // "systemctl restart funnel-sctpd"
  // "... can only change by a restart: ...".
  [[nodiscard]] std::string Print() const;
};

struct ReloadReport {
  std::string daemon;
  Mistakes mistakes;               // if there are any, nothing has changed
  std::vector<Change> changes;     // those in force now
  std::vector<NeedsRestart> left;  // those that are not
  [[nodiscard]] bool ok() const { return mistakes.empty(); }
};

[[nodiscard]] std::string ReportJson(const ReloadReport& report);
// Logs mistakes as errors and keys that need a restart as warnings, then one line with the outcome.
void LogReport(const ReloadReport& report, std::string_view service = {});

}  // namespace funnel::config
