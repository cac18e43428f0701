// The names of chunks in scripts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sctp/wire/chunk.h"

namespace sctp::testing {

// nullopt: there is no such name.
[[nodiscard]] std::optional<ChunkType> TypeOf(std::string_view name);
[[nodiscard]] std::string NameOf(ChunkType type);

}  // namespace sctp::testing
