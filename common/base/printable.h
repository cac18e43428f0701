// Text that leaves for a log or a terminal, whoever it came from.
#pragma once

#include <string>
#include <string_view>

namespace funnel {

// Whatever is not printable ASCII as \xNN, but for what is in KEEP. Text that was escaped before
// stays as it is.
[[nodiscard]] std::string EscapeUnprintable(std::string_view text, std::string_view keep = "");

}  // namespace funnel
