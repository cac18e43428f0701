// Daemons' answers as JSON. A daemon that was taken over may answer anything, and root may be
// running funnelctl: an answer is checked before it is parsed.
#pragma once

#include <nlohmann/json.hpp>  // IWYU pragma: keep: declares ordered_json
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace funnel::ctl {

using Json = nlohmann::ordered_json;

// Deeper than any answer of ours; a parser that calls itself for each level easily survives it.
inline constexpr std::size_t kMaxJsonDepth = 16;
// Values in one answer: far more than the lists' limits allow (status_schema.md).
inline constexpr std::size_t kMaxJsonValues = 1024 * 1024;

// Fails with the reason why TEXT must not be parsed. Whether it is JSON at all, the parser finds
// out.
[[nodiscard]] Result<> RequireBoundedJson(std::string_view text);

// One command's answer: an object, bounded as above. Fails for all else.
[[nodiscard]] Result<Json> ParseAnswer(const std::string& text);

// nullptr if OBJECT is none, or has no such key.
[[nodiscard]] const Json* Find(const Json& object, const char* key);

}  // namespace funnel::ctl
