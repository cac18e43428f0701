// Keys and values of earlier versions that have no meaning of their own any more. A file that holds
// one is still right, so that an upgrade stops nobody; `funnelctl check` says what to do about it.
#pragma once

#include <string_view>

namespace funnel::config {

struct Retired {
  std::string_view section;
  std::string_view key;
  // Empty: the key as a whole, whatever its value.
  std::string_view value;
  // What the value is read as; empty: the key is ignored.
  std::string_view stands_for;
  // What to tell, behind the key's name.
  std::string_view advice;
};

// The row of KEY as a whole, or that of its value TEXT; nullptr: neither is retired.
[[nodiscard]] const Retired* FindRetired(std::string_view section, std::string_view key,
                                         std::string_view text);

}  // namespace funnel::config
