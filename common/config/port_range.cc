#include "common/config/port_range.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace funnel::config {
namespace {

constexpr unsigned kLastPort = 65535;

std::optional<std::uint16_t> ReadPort(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > kLastPort)
    return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

}  // namespace

Result<PortRange> PortRange::Parse(std::string_view text) {
  const std::size_t dash = std::min(text.find('-'), text.size());
  const auto first = ReadPort(text.substr(0, dash));
  const auto last = dash == text.size() ? first : ReadPort(text.substr(dash + 1));
  if (!first || !last)
    return Fail("a port from 1 to 65535 is expected, or two with - between them");
  if (*last < *first) return Fail("it ends before it begins");
  return PortRange{*first, *last};
}

std::string PortRange::text() const {
  return std::to_string(first) + (first == last ? "" : '-' + std::to_string(last));
}

}  // namespace funnel::config
