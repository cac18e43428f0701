// The values that have a parser of their own: principals, addresses, networks, streams. For
// value.cc only.
#pragma once

#include "common/config/keys/value.h"

namespace funnel::config {

// The field as that kind, which it must be.
template <typename T>
T& To(Field field) {
  return *std::get<T*>(field);
}

// "a time with its unit (...) is expected, not 5".
[[nodiscard]] std::unexpected<Error> Expected(Type type, std::string_view text);

// ParseValue and PrintValue for these types.
[[nodiscard]] Result<void> ParseCompound(Type type, std::string_view text, Field field);
[[nodiscard]] std::string PrintCompound(Type type, Field field);

}  // namespace funnel::config
