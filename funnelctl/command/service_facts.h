// One service, in the words and numbers that `services`, `top` and completion show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "funnelctl/status/status_view.h"

namespace funnel::ctl {

struct ServiceFacts {
  std::string protocol;                // "udp", "tcp", "socks", "command"
  std::string role;                    // "listen", "connect", "relay"
  std::vector<std::string> addresses;  // where clients reach it; or the backend
  std::string peer;                    // empty: any
  std::string state;                   // DescribeService
  std::string reason;                  // why a channel was refused or failed; escaped remote text
  std::string not_accepting;           // WhyNotAccepting
  bool edge_alive = false;
  // From the edge's counters; nullopt if it does not run.
  std::optional<std::uint64_t> channels;
  std::optional<std::uint64_t> sessions;  // flows or connections
};

[[nodiscard]] ServiceFacts FactsOf(const NodeView& view, const config::ServiceConfig& service);

}  // namespace funnel::ctl
