// What differs between two configurations, key by key: what a reload reports, and what it must
// leave as it was.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/keys/keys.h"
#include "common/config/model.h"

namespace funnel::config {

struct Change {
  std::string file;  // "funnel.conf", "peers.d/hoster.ini"
  std::string section;
  std::string key;  // empty with `section`: the whole file came or went
  std::string before;
  std::string after;
  // "services.d/dns.ini: [service] idle-timeout = 1s (was 60s)".
  [[nodiscard]] std::string Print() const;
};

// In the order of the table of keys.
[[nodiscard]] std::vector<Change> FindChanges(const NodeConfig& before, const NodeConfig& after);
[[nodiscard]] std::vector<Change> FindChanges(const ServiceConfig& before,
                                              const ServiceConfig& after);
// All files: the node's, peers', services'.
[[nodiscard]] std::vector<Change> FindChanges(const Configuration& before,
                                              const Configuration& after);

// Puts back in NEXT what, by its row, cannot change while a daemon runs as RUNNING says: the rows
// that differ. Of the node's only those of SECTIONS, which this daemon reads.
[[nodiscard]] std::vector<const KeyRow*> PutBackFixed(
    const NodeConfig& running, NodeConfig& next, std::initializer_list<std::string_view> sections);
[[nodiscard]] std::vector<const KeyRow*> PutBackFixed(const ServiceConfig& running,
                                                      ServiceConfig& next);

}  // namespace funnel::config
