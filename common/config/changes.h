// What differs between two configurations, key by key: what a reload tells.
#pragma once

#include <string>
#include <vector>

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

}  // namespace funnel::config
