// Output and exit statuses of commands.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/options.h"
#include "common/config/model.h"
#include "funnelctl/json.h"

namespace funnel::ctl {

// The text unchanged; null if it is empty.
[[nodiscard]] Json TextOrNull(const std::string& text);
template <typename T>
[[nodiscard]] Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}
// Prints to stdout. Of all that is not printable ASCII, only line ends and tabs pass: so no text
// from elsewhere can give orders to the terminal.
void PrintText(std::string_view text);
// The same for text of our own, including colours.
void PrintOwn(std::string_view text);
void PrintJson(const Json& json);
// Prints it on one line, of many; false: the reader of our output has gone.
[[nodiscard]] bool PrintJsonLine(const Json& json);

// Prints "funnelctl: TEXT" on stderr, escaped in the same way; returns kExitFailed.
int Complain(std::string_view text);

// The node's configuration; if there is none, its mistakes go to stderr in the form of `funnelctl
// check`.
[[nodiscard]] std::optional<config::Configuration> LoadOrComplain(const Options& options);
// The service of that name; nullptr: there is none, which was reported.
[[nodiscard]] const config::ServiceConfig* FindServiceOrComplain(
    const config::Configuration& configuration, std::string_view name);

}  // namespace funnel::ctl
