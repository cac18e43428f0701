// Which text can be a user, a wire name.
#pragma once

#include <string_view>

namespace funnel::config {

// A user or group as useradd(8) takes it, or its number.
[[nodiscard]] bool IsUser(std::string_view text);

// 1 to 63 printable ASCII characters without blanks. A leading `@` is for Funnel's own names
// (@peer).
[[nodiscard]] bool IsLabel(std::string_view text);

}  // namespace funnel::config
