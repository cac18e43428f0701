#include "funnel-udpd/source_port.h"

#include <charconv>

namespace funnel::udpd {

std::uint16_t PortOf(std::string_view client) {
  const std::size_t colon = client.rfind(':');
  if (colon == std::string_view::npos) return 0;
  const std::string_view digits = client.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() ? port : std::uint16_t{0};
}

}  // namespace funnel::udpd
