#include "funnelctl/json.h"

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

Result<Json> ParseAnswer(const std::string& text) {
  TRY(RequireBoundedJson(text));
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Fail("its answer is no JSON object");
  return json;
}

const Json* Find(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

}  // namespace funnel::ctl
