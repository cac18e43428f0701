// Field 32 of OPEN: which services' traffic goes on into the one that is opened, because their
// backend is its listener. An acceptor that would send the traffic of the opened service into one
// of these has found a circle (man/funnel-protocol.7, CIRCLES).
#pragma once

#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/error.h"

namespace funnel::wire {

// What comes out of the service SERVICE (its wire name) at NODE.
struct Feed {
  std::string node;
  std::string service;
  auto operator<=>(const Feed&) const = default;
};

// What an OPEN names at most, so that it stays a frame.
constexpr std::size_t kMaxFeeds = 16;
constexpr std::size_t kMaxFeedsSize = 2048;

//   for each: length 8, node, length 8, wire name
[[nodiscard]] Result<std::vector<Feed>> ParseFeeds(ByteView value);
// Those that fit, of FEEDS in its order.
[[nodiscard]] Bytes SerializeFeeds(const std::vector<Feed>& feeds);

}  // namespace funnel::wire
