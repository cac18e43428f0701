// Colours on a terminal; none elsewhere, or if NO_COLOR is set (no-color.org).
#pragma once

#include <string>
#include <string_view>

namespace funnel::ctl {

enum class Colour { kGood, kWarning, kBad };

// Whether stdout is a terminal that has colours, and nobody has turned them off.
[[nodiscard]] bool WantsColours();
[[nodiscard]] std::string Coloured(std::string_view text, Colour colour, bool wanted);

}  // namespace funnel::ctl
