// What a command prints and ends with.
#pragma once

#include <nlohmann/json.hpp>  // IWYU pragma: keep: declares ordered_json
#include <optional>
#include <string>
#include <string_view>

#include "common/base/options.h"
#include "common/config/model.h"

namespace funnel::ctl {

using Json = nlohmann::ordered_json;

// Text as it is; null where it is empty.
[[nodiscard]] Json TextOrNull(const std::string& text);
template <typename T>
[[nodiscard]] Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}
// To stdout. Of what is not printable ASCII only ends of lines and tabs leave as they are: whatever
// came from elsewhere, no terminal takes orders from it.
void PrintText(std::string_view text);
// The same for what we have made up ourselves, colours included.
void PrintOwn(std::string_view text);
void PrintJson(const Json& json);
// On one line, of many to come; false: whoever reads our output has gone.
[[nodiscard]] bool PrintJsonLine(const Json& json);

// "funnelctl: TEXT" on stderr, escaped likewise; yields kExitFailed.
int Complain(std::string_view text);

// The node's configuration; without one, its mistakes went to stderr, as `funnelctl check` has
// them.
[[nodiscard]] std::optional<config::Configuration> LoadOrComplain(const Options& options);
// The service of that name; nullptr after having complained.
[[nodiscard]] const config::ServiceConfig* FindServiceOrComplain(
    const config::Configuration& configuration, std::string_view name);

}  // namespace funnel::ctl
