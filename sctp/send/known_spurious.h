// TSNs that are known to have been sent again for nothing: their duplicates say nothing new. It has
// the last 64; if an older one is reported later, it counts as a new one.
#pragma once

#include <algorithm>
#include <array>

#include "sctp/base/types.h"

namespace sctp {

class KnownSpurious {
 public:
  static constexpr std::size_t kMost = 64;

  void Add(Tsn tsn) { tsns_[count_++ % kMost] = tsn; }
  [[nodiscard]] bool Has(Tsn tsn) const {
    const auto end = tsns_.begin() + static_cast<std::ptrdiff_t>(std::min(count_, kMost));
    return std::find(tsns_.begin(), end, tsn) != end;
  }

 private:
  std::array<Tsn, kMost> tsns_{};
  std::size_t count_ = 0;
};

}  // namespace sctp
