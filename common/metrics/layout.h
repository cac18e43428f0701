// The counter file's layout, version 1. Native byte order: writer and reader are on one machine.
//
//   offset  size
//        0     8   magic "FNLCNT" 0x0A 0x00
//        8     4   version
//       12     4   number of entries (at most kMaxEntries)
//       16     8   pid of the daemon that wrote last; 0 once it has ended in good order
//       24     8   when it started, seconds since 1970
//       32     8   how often a daemon has started on this file
//       40    64   its name, NUL-padded
//      104     8   last sign of life, seconds since 1970
//      112   64*n  entries: name (48 bytes, NUL-padded), kind (4), reserved (4), value (8)
//
// The file is exactly that long. The writer holds an OFD write lock on it while it lives
// (fcntl(2)).
#pragma once

#include <cstddef>
#include <cstdint>

namespace funnel::metrics {

enum class Kind : std::uint32_t { kCounter = 0, kGauge = 1 };

inline constexpr char kMagic[8] = {'F', 'N', 'L', 'C', 'N', 'T', '\n', '\0'};
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kMaxEntries = 1024;
inline constexpr std::size_t kNameSize = 48;
inline constexpr std::size_t kDaemonNameSize = 64;

struct Header {
  char magic[8];
  std::uint32_t version;
  std::uint32_t entry_count;
  std::uint64_t pid;
  std::uint64_t started;
  std::uint64_t starts;
  char daemon[kDaemonNameSize];
  std::uint64_t beat;
};
static_assert(sizeof(Header) == 112);

struct Entry {
  char name[kNameSize];
  std::uint32_t kind;
  std::uint32_t reserved;
  std::uint64_t value;  // atomic: std::atomic_ref only
};
static_assert(sizeof(Entry) == 64 && offsetof(Entry, value) % 8 == 0);

}  // namespace funnel::metrics
