#include "common/base/ids.h"

#include <algorithm>

namespace funnel {
namespace {

constexpr std::size_t kMaxNameLength = 22;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsNameCharacter(char c) { return IsLower(c) || (c >= '0' && c <= '9') || c == '-'; }

}  // namespace

bool IsLegalName(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameLength && IsLower(text.front()) &&
         std::all_of(text.begin(), text.end(), IsNameCharacter);
}

std::optional<ServiceName> ServiceName::Parse(std::string_view text) {
  if (!IsLegalName(text)) return std::nullopt;
  return ServiceName(std::string(text));
}

}  // namespace funnel
