#include "common/net/source_ports.h"

#include <algorithm>
#include <cerrno>

namespace funnel::net {

bool IsSourceError(const config::Source& source, const Error& error) {
  return !source.any() && (error.code == EADDRNOTAVAIL || error.code == EADDRINUSE);
}

bool IsUsedUp(const Error& error) { return error.code == EADDRINUSE; }

Result<> SourcePorts::Take(const config::PortRange& range, const SocketAddress& to, TimePoint now,
                           const TryPort& try_port) {
  if (range_ != range) {
    range_ = range;
    next_ = range.first;
    resting_.clear();
  }

  const auto used_up = Fail("source: no port of " + range.text() + " is free", EADDRINUSE);
  if (const auto at = resting_.find(to); at != resting_.end() && now < at->second) return used_up;
  const std::uint32_t all = std::uint32_t{range.last} - range.first + 1;
  for (std::uint32_t i = 0; i < std::min(all, kMostTries); ++i) {
    const std::uint16_t port = next_;
    next_ = port == range.last ? range.first : static_cast<std::uint16_t>(port + 1);
    auto had = try_port(port);
    if (had || !IsUsedUp(had.error())) return had;
  }

  std::erase_if(resting_, [now](const auto& one) { return one.second <= now; });
  resting_.emplace(to, now + kRest);
  return used_up;
}

}  // namespace funnel::net
