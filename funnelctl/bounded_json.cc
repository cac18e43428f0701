#include "funnelctl/bounded_json.h"

namespace funnel::ctl {

Result<> RequireBoundedJson(std::string_view text) {
  std::size_t depth = 0, values = 1;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if ((c == '[' || c == '{') && ++depth > kMaxJsonDepth) return Fail("its answer is too deep");
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if ((c == ',' || c == '[' || c == '{') && ++values > kMaxJsonValues)
      return Fail("its answer has too many values");
  }

  return {};
}

}  // namespace funnel::ctl
