// Numbers of a channel that are no settings.
#pragma once

#include <cstddef>
#include <cstdint>

namespace funnel::wire {

constexpr std::size_t kMaxEarlyDatagrams = 8;            // of one session before its OPEN_SESSION
constexpr std::size_t kMaxEarlyDatagramBytes = 1 << 20;  // of all such sessions
// A session is not sent in crumbs when credit is short: it waits for room for this many bytes.
constexpr std::uint64_t kLeastPiece = 1024;
// Writers that a full queue stopped go on when there is room for this much for each.
constexpr std::size_t kFairPiece = 16 * 1024;

}  // namespace funnel::wire
