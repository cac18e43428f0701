// The lists in manual pages that come from tables which no other program prints as mdoc(7).
#pragma once

#include <string>

namespace funnel::man {

// Every command of funnelctl, with its arguments, options and exit status.
[[nodiscard]] std::string ListOfCommands();

// Every metric that `funnelctl metrics` can give, with its type and labels.
[[nodiscard]] std::string ListOfMetrics();

}  // namespace funnel::man
