#include "common/config/origin.h"

#include <algorithm>

namespace funnel::config {

std::string Mistake::Print() const {
  std::string place = line == 0 ? file : file + ':' + std::to_string(line);
  return place + ": " + text;
}

Origin FindOrigin(const Origins& origins, std::string_view section, std::string_view key) {
  auto found = origins.find(std::string(section) + '.' + std::string(key));
  if (found == origins.end()) found = origins.find(section);
  if (found == origins.end()) found = origins.find("");
  return found == origins.end() || found->second.empty() ? Origin{} : found->second.front();
}

Origin FindOrigin(const Origins& origins, std::string_view section, std::string_view key,
                  std::size_t i) {
  const auto found = origins.find(std::string(section) + '.' + std::string(key));
  if (found == origins.end() || found->second.empty()) return FindOrigin(origins, section, key);
  return found->second[std::min(i, found->second.size() - 1)];
}

}  // namespace funnel::config
