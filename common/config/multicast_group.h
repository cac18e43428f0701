// A multicast group to listen to: a line of [listen] multicast.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/socket_address.h"

namespace funnel::config {

struct MulticastGroup {
  SocketAddress address;  // without port and scope
  std::string interface;  // empty: the one to which this host's routes lead

  // `224.0.0.251`, `239.255.255.250%eth0`, `ff02::fb%eth0`. An IPv6 group of one link needs its
  // interface.
  [[nodiscard]] static Result<MulticastGroup> Parse(std::string_view text);
  // The text as one would write it.
  [[nodiscard]] std::string text() const;
  bool operator==(const MulticastGroup&) const = default;
};

}  // namespace funnel::config
