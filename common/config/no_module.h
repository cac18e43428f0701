// How a service says that it has no protocol module on purpose.
#pragma once

#include <string_view>

namespace funnel::config {

// A value of the key "module", and no module's name. The other end is told, so that neither end
// reports that their modules differ. A service without the key has none, too, but perhaps by
// mistake.
inline constexpr std::string_view kNoModule = "none";

// Whether MODULE, a service's, names one.
[[nodiscard]] constexpr bool NamesModule(std::string_view module) {
  return !module.empty() && module != kNoModule;
}

}  // namespace funnel::config
