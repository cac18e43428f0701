// Times and sizes with their mandatory unit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace funnel::config {

// A whole number without sign, unit or blanks; nullopt: it is none, or is greater than 2^62.
[[nodiscard]] std::optional<std::int64_t> ParseCount(std::string_view text);
// In milliseconds: "250ms", "5s", "2min", "1h", "1d" (one blank before the unit is allowed).
[[nodiscard]] std::optional<std::int64_t> ParseTime(std::string_view text);
// In bytes: "512B", "64KiB", "4MiB", "1GiB".
[[nodiscard]] std::optional<std::int64_t> ParseSize(std::string_view text);

// With the largest unit that gives a whole number: "5s", "64KiB".
[[nodiscard]] std::string PrintTime(std::int64_t milliseconds);
[[nodiscard]] std::string PrintSize(std::int64_t bytes);

}  // namespace funnel::config
