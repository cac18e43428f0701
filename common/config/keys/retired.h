// Keys and values of earlier versions that no longer mean anything by themselves. A file that has
// one is still right, so that an upgrade stops nobody; `funnelctl check` says what to do about it.
#pragma once

#include <string_view>

namespace funnel::config {

struct Retired {
  std::string_view section;
  std::string_view key;
  // Empty: the row is for the key as a whole, whatever its value.
  std::string_view value;
  // The value that it is read as; empty: the key is ignored.
  std::string_view stands_for;
  // The advice that is shown after the key's name.
  std::string_view advice;
};

// The row for KEY as a whole, or for its value TEXT; nullptr: neither is retired.
[[nodiscard]] const Retired* FindRetired(std::string_view section, std::string_view key,
                                         std::string_view text);

}  // namespace funnel::config
