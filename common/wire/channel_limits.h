// Numbers of a channel that are no settings, and small things that it is made of.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/clock.h"
#include "common/wire/types.h"

namespace funnel::wire {

constexpr std::size_t kMaxEarlyDatagrams = 8;            // of one session before its OPEN_SESSION
constexpr std::size_t kMaxEarlyDatagramBytes = 1 << 20;  // of all such sessions
// How long after the end of its context a key is still used, and when FAREWELL is said before that:
// early enough that the peer, whose clock is not ours, still takes it.
constexpr Duration kAfterExpiry = std::chrono::seconds(60);
constexpr Duration kFarewellAfterExpiry = std::chrono::seconds(50);
// A session is not sent in crumbs when credit is short: it waits for room for this many bytes.
constexpr std::uint64_t kLeastPiece = 1024;
// Writers that a full queue stopped go on when there is room for this much for each.
constexpr std::size_t kFairPiece = 16 * 1024;
}  // namespace funnel::wire
