// Reads counter files, of daemons that run and of daemons that died. Whoever owns the file may have
// put anything there: everything is validated, nothing of it is trusted, and it is copied by
// read(2) rather than mapped, since a mapped file that is cut short under us would raise SIGBUS.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/metrics/layout.h"

namespace funnel::metrics {

struct CounterValue {
  std::string name;  // [a-z0-9_], checked
  Kind kind = Kind::kCounter;
  std::uint64_t value = 0;
};

struct Snapshot {
  std::string daemon;     // printable ASCII, checked
  std::uint64_t pid = 0;  // 0: ended in good order
  std::uint64_t started = 0;
  std::uint64_t starts = 0;
  std::uint64_t beat = 0;  // last sign of life, seconds since 1970
  bool alive = false;      // a process holds the file now
  std::vector<CounterValue> values;

  // 0 where there is no such counter.
  [[nodiscard]] std::uint64_t Value(std::string_view name) const;
};

// A file's bytes; `alive` is left false.
[[nodiscard]] Result<Snapshot> ParseCounters(ByteView bytes);

// Whether the file of that name may be OWNER's; the error says why not. Empty: anybody's.
using OwnerCheck = std::function<Result<>(const std::string& file, uid_t owner)>;

class CounterReader {
 public:
  [[nodiscard]] static Result<Snapshot> Open(const std::string& path,
                                             const OwnerCheck& owner_check = {});
};

struct CounterFileEntry {
  std::string file;  // name within the folder
  Result<Snapshot> snapshot;
};

// All files of a folder such as $RUN/counters, sorted by name; at most 1,024.
[[nodiscard]] Result<std::vector<CounterFileEntry>> ReadCounterFolder(
    const std::string& path, const OwnerCheck& owner_check = {});

}  // namespace funnel::metrics
