// Checks a daemon's answer before it is parsed: a daemon that was taken over may answer anything,
// and root may be running funnelctl.
#pragma once

#include <string_view>

#include "common/base/error.h"

namespace funnel::ctl {

// Deeper than any answer of ours; a parser that calls itself for each level easily survives it.
inline constexpr std::size_t kMaxJsonDepth = 16;
// Values in one answer: far more than the lists' limits allow (status_schema.md).
inline constexpr std::size_t kMaxJsonValues = 1024 * 1024;

// Fails with the reason why TEXT must not be parsed. Whether it is JSON at all, the parser finds
// out.
[[nodiscard]] Result<> RequireBoundedJson(std::string_view text);

}  // namespace funnel::ctl
