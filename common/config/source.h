// From where a service sends to its backends: [connect] source.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/socket_address.h"
#include "common/config/port_range.h"

namespace funnel::config {

struct Source {
  static constexpr std::string_view kForms =
      "any, ADDRESS, ADDRESS:FIRST-LAST, [V6]:FIRST-LAST, *:FIRST-LAST or transparent";

  bool transparent = false;  // the client's own address, and nothing of what follows
  SocketAddress address;     // no family: what leads to the backend. Its port is 0
  PortRange ports;           // first is 0: any

  [[nodiscard]] static Result<Source> Parse(std::string_view text);
  // Neither an address nor ports are given: all is the kernel's choice.
  [[nodiscard]] bool any() const { return *this == Source{}; }
  [[nodiscard]] bool has_address() const { return address.family() != AF_UNSPEC; }
  [[nodiscard]] bool has_ports() const { return ports.first != 0; }
  // Ports that only root has, or who has CAP_NET_BIND_SERVICE.
  [[nodiscard]] bool has_low_ports() const { return has_ports() && ports.first < 1024; }
  // The text as one would write it.
  [[nodiscard]] std::string text() const;
  bool operator==(const Source&) const = default;
};

}  // namespace funnel::config
