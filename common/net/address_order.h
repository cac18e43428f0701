// In which order a backend's addresses are tried: what worked last first, what failed last at the
// end, and between these the families in turn, beginning with the resolver's choice (RFC 8305
// section 4).
//
// One for each backend; its dialer or picker keeps it.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "common/base/socket_address.h"

namespace funnel::net {

class AddressOrder {
 public:
  // FOUND as the resolver gave them (RFC 6724's order), each once.
  [[nodiscard]] std::vector<SocketAddress> Arrange(std::span<const SocketAddress> found) const;
  void OnWorked(const SocketAddress& address);
  void OnFailed(const SocketAddress& address);

 private:
  // A backend has a handful of addresses; of more only the latest are remembered.
  static constexpr std::size_t kRemembered = 16;

  [[nodiscard]] bool HasFailed(const SocketAddress& address) const;

  std::optional<SocketAddress> worked_;
  std::vector<SocketAddress> failed_;  // the latest last
};

}  // namespace funnel::net
