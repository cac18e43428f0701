// What the keys about a service's module say must go together.
#include <algorithm>
#include <string>
#include <string_view>

#include "common/config/check/check.h"
#include "common/config/no_module.h"

namespace funnel::config {
namespace {

std::string_view OptionName(std::string_view option) { return option.substr(0, option.find('=')); }

}  // namespace

void CheckModule(const ServiceConfig& service, std::vector<Mistake>& mistakes) {
  for (const std::string_view key :
       {"module-option", "module-required", "module-strict", "module-hold"}) {
    if (!NamesModule(service.module) && service.origins.contains("service." + std::string(key)))
      Report(service.origins, "service", key, std::string(key) + ": there is no module", mistakes);
  }

  const std::vector<std::string>& options = service.module_option;
  const auto places = service.origins.find("service.module-option");
  for (std::size_t i = 0; i < options.size(); ++i) {
    const auto same = [&](const std::string& one) {
      return OptionName(one) == OptionName(options[i]);
    };
    if (std::find_if(options.begin(), options.begin() + static_cast<std::ptrdiff_t>(i), same) ==
        options.begin() + static_cast<std::ptrdiff_t>(i))
      continue;
    const Origin& at = places->second[std::min(i, places->second.size() - 1)];
    mistakes.push_back(
        {at.file, at.line, "module-option: " + std::string(OptionName(options[i])) + " again"});
  }
}

}  // namespace funnel::config
