#include "common/config/names.h"

#include <algorithm>
#include <limits>

#include "common/config/units.h"

namespace funnel::config {
namespace {

constexpr std::size_t kMaxUserLength = 31;  // useradd(8)
constexpr std::size_t kMaxLabelLength =
    63;  // leaves room in OPEN's TLV, and fits a terminal's column
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

}  // namespace funnel::config
