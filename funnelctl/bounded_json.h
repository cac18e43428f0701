// What a daemon answered, before anything is made of it: a daemon that was taken over may answer
// what it likes, to funnelctl run by root.
#pragma once

#include <string_view>

#include "common/base/error.h"

namespace funnel::ctl {

// Deeper than any answer of ours; a parser that calls itself for each level survives it by far.
inline constexpr std::size_t kMaxJsonDepth = 16;
// Values in one answer: far beyond what the lists' limits allow (status_schema.md).
inline constexpr std::size_t kMaxJsonValues = 1024 * 1024;

// Says why TEXT may not be parsed; whether it is JSON at all is for the parser to say.
[[nodiscard]] Result<> RequireBoundedJson(std::string_view text);

}  // namespace funnel::ctl
