// The memory behind a CounterFile: a shared mapping of a file, or private memory.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/metrics/counters.h"
#include "common/metrics/layout.h"

namespace funnel::metrics {

// Holds a whole valid file's worth of memory: a Header, then the entries.
class Storage {
 public:
  virtual ~Storage() = default;
  [[nodiscard]] virtual std::byte* data() = 0;

  [[nodiscard]] Header& header() { return *reinterpret_cast<Header*>(data()); }
  [[nodiscard]] Entry* entries() { return reinterpret_cast<Entry*>(data() + sizeof(Header)); }
};

// What the file of that daemon and table is like before the first count.
[[nodiscard]] std::vector<std::byte> FreshImage(std::string_view daemon,
                                                std::span<const CounterDef> table);

[[nodiscard]] std::unique_ptr<Storage> MakePrivateStorage(const std::vector<std::byte>& image);

// Opens or creates the file, takes its lock, and maps it. Counters of a file that has IMAGE's
// layout are kept; any other content is overwritten.
[[nodiscard]] Result<std::unique_ptr<Storage>> MapFile(const std::string& path,
                                                       const std::vector<std::byte>& image);

}  // namespace funnel::metrics
