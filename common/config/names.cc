#include "common/config/names.h"

#include <algorithm>
#include <limits>

#include "common/config/keys/units.h"

namespace funnel::config {
namespace {

constexpr std::size_t kMaxUserLength = 31;  // useradd(8)
constexpr std::size_t kMaxLabelLength =
    63;  // leaves room in OPEN's TLV, and fits into a column of a terminal
constexpr std::string_view kUserCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

}  // namespace

bool IsUser(std::string_view text) {
  // (uid_t)-1 means "nobody in particular" to the kernel.
  if (auto number = ParseCount(text)) return *number < std::numeric_limits<std::uint32_t>::max();
  if (text.empty() || text.size() > kMaxUserLength || text.front() == '-' || text.front() == '.')
    return false;
  return text.find_first_not_of(kUserCharacters) == std::string_view::npos;
}

bool IsLabel(std::string_view text) {
  auto printable = [](char c) { return c > ' ' && c < 0x7f; };
  return !text.empty() && text.size() <= kMaxLabelLength && text.front() != '@' &&
         std::all_of(text.begin(), text.end(), printable);
}

bool IsModuleName(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLabelLength &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

std::string UserKey(std::string_view text) {
  auto number = ParseCount(text);
  return number ? std::to_string(*number) : std::string(text);
}

std::string NodeKey(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string key(name);
  for (char& c : key)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return key;
}

bool SameNode(std::string_view a, std::string_view b) { return NodeKey(a) == NodeKey(b); }

}  // namespace funnel::config
