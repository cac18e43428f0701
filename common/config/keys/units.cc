#include "common/config/keys/units.h"

#include <charconv>
#include <span>

namespace funnel::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr Unit kTimeUnits[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1000}, {"ms", 1}};
constexpr Unit kSizeUnits[] = {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}};
constexpr std::int64_t kMaxValue = std::int64_t{1} << 62;

std::optional<std::int64_t> ParseWithUnit(std::string_view text, std::span<const Unit> units) {
  std::size_t digits = text.find_first_not_of("0123456789");
  if (digits == std::string_view::npos) return std::nullopt;
  auto count = ParseCount(text.substr(0, digits));
  if (!count) return std::nullopt;
  std::string_view name = text.substr(digits);
  if (name.starts_with(' ')) name.remove_prefix(1);
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (*count > kMaxValue / unit.factor) return std::nullopt;
    return *count * unit.factor;
  }
  return std::nullopt;
}

std::string PrintWithUnit(std::int64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0)
      return std::to_string(value / unit.factor) + std::string(unit.name);
  }
  return "0";
}

}  // namespace

std::optional<std::int64_t> ParseCount(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value > kMaxValue) return std::nullopt;
  return value;
}

std::optional<std::int64_t> ParseTime(std::string_view text) {
  return ParseWithUnit(text, kTimeUnits);
}
std::optional<std::int64_t> ParseSize(std::string_view text) {
  return ParseWithUnit(text, kSizeUnits);
}

std::string PrintTime(std::int64_t in_milliseconds) {
  return in_milliseconds == 0 ? "0s" : PrintWithUnit(in_milliseconds, kTimeUnits);
}
std::string PrintSize(std::int64_t bytes) {
  return bytes == 0 ? "0B" : PrintWithUnit(bytes, kSizeUnits);
}

}  // namespace funnel::config
