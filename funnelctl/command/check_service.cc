#include "funnelctl/command/check_service.h"

#include <set>

#include "common/base/text.h"
#include "common/config/read/combine.h"

namespace funnel::ctl {
namespace {

// The peers that the service's file names, right or wrong.
std::set<std::string> PeersOf(const config::Unit& service) {
  std::set<std::string> out;
  for (const auto& [section, key] :
       {std::pair("service", "peer"), std::pair("relay", "from"), std::pair("relay", "to")}) {
    auto found = service.values.find({section, key});
    if (found == service.values.end()) continue;
    for (const config::Value& value : found->second) out.insert(value.text);
  }
  return out;
}

}  // namespace

std::expected<config::Configuration, config::Mistakes> LoadOneService(const Options& options,
                                                                      const std::string& name) {
  config::Units units;
  units.node = config::ReadUnit(options.defaults_dir, options.config_dir, "funnel.conf");
  for (config::Unit& unit :
       config::ReadUnits(options.defaults_dir, options.config_dir, "services.d")) {
    if (unit.name == name) units.services.push_back(std::move(unit));
  }

  if (units.services.empty()) {
    std::string path = options.config_dir + "/services.d/" + EscapeForLog(name) + ".ini";
    return std::unexpected(
        config::Mistakes{{path, 0, "the file is missing: there is no such service"}});
  }

  std::set<std::string> wanted = PeersOf(units.services.front());
  for (config::Unit& unit :
       config::ReadUnits(options.defaults_dir, options.config_dir, "peers.d")) {
    if (wanted.contains(unit.name)) units.peers.push_back(std::move(unit));
  }

  return config::Combine(options.config_dir, units);
}

}  // namespace funnel::ctl
