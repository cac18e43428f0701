// The table of configuration as text.
#pragma once

#include <string>

namespace funnel::config {

// Every key of every file: syntax, default, range, where it applies, since when.
[[nodiscard]] std::string HelpForKeys();

}  // namespace funnel::config
