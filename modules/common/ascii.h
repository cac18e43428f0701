// ASCII letters and digits, whatever the locale, for modules whose protocols are text.
#pragma once

#include <algorithm>
#include <string_view>

namespace funnel_modules {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool IsLetter(char c) { return Lower(c) >= 'a' && Lower(c) <= 'z'; }

// Letters' case does not matter.
constexpr bool EqualsIgnoringCase(std::string_view one, std::string_view two) {
  return std::ranges::equal(one, two, {}, Lower, Lower);
}

}  // namespace funnel_modules
