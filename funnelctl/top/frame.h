// One picture of `funnelctl top`. Does no I/O and knows no terminal.
#pragma once

#include <string>
#include <vector>

#include "funnelctl/top/look.h"

namespace funnel::ctl {

enum class Sort { kName, kTraffic, kSessions, kDropped };
[[nodiscard]] Sort NextSort(Sort sort);

struct FrameOptions {
  Sort sort = Sort::kName;
  std::size_t columns = 0;  // lines are cut there; 0: never
  std::size_t rows = 0;     // 0: as many as there are
};

struct FrameLine {
  enum class Style { kPlain, kTitle, kHeading, kProblem };
  std::string text;  // printable ASCII
  Style style = Style::kPlain;
};

// If not all rows fit, the last one says so.
[[nodiscard]] std::vector<FrameLine> RenderFrame(const Look& before, const Look& now,
                                                 const FrameOptions& options);

}  // namespace funnel::ctl
