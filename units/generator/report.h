// Says something to the administrator from where neither stderr nor, at boot, the journal is at
// hand: to the kernel's log, which the journal reads later; where there is none (containers), to
// the journal; else to stderr.
#pragma once

#include <string_view>

namespace funnel::generator {

enum class Priority { kError = 3, kWarning = 4, kNotice = 5 };  // as syslog(3)

// One line.
void Report(Priority priority, std::string_view text);

}  // namespace funnel::generator
