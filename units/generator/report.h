// Reports to the administrator at times when there is no stderr and, at boot, no journal: to the
// kernel's log, which the journal reads later; if that is missing (containers), to the journal;
// else to stderr.
#pragma once

#include <string_view>

namespace funnel::generator {

enum class Priority { kError = 3, kWarning = 4, kNotice = 5 };  // as syslog(3)

// One line.
void Report(Priority priority, std::string_view text);

}  // namespace funnel::generator
