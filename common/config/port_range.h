// Ports to which a service may connect: a line of [connect] ports.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace funnel::config {

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;  // not below `first`

  // `443` or `8000-8999`, from 1 to 65535.
  [[nodiscard]] static Result<PortRange> Parse(std::string_view text);
  [[nodiscard]] bool Contains(std::uint16_t port) const { return first <= port && port <= last; }
  // The text as one would write it.
  [[nodiscard]] std::string text() const;
  bool operator==(const PortRange&) const = default;
};

}  // namespace funnel::config
