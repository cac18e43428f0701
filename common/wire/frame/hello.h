// The body of record HELLO, which each end of @peer sends once the channel is confirmed.
#pragma once

#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/error.h"

namespace funnel::wire {

struct HelloBody {
  std::string node;
  std::uint64_t instance =
      0;  // larger after each start: only a newer instance replaces an association
  std::vector<std::uint8_t> versions{1};

  [[nodiscard]] static Result<HelloBody> Parse(ByteView body);
  [[nodiscard]] Bytes Serialize() const;
};

}  // namespace funnel::wire
