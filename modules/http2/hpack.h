// How a header block uses the table that all header blocks of a direction share (HPACK, RFC 7541).
// Nothing is decoded: it is enough to know which entries a block names.
#pragma once

#include <cstdint>
#include <optional>

#include "modules/http2/frame.h"

namespace http2 {

struct TableUse {
  bool refers = false;   // to an entry that an earlier block has inserted
  bool inserts = false;  // an entry
  std::optional<std::uint32_t> resized_to;
};

// nullopt: it is no header block.
[[nodiscard]] std::optional<TableUse> ReadBlock(const Part& block);

}  // namespace http2
