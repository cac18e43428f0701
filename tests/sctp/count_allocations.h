// How often this program has asked for memory by new. Always 0 under a sanitizer, which has an
// operator of its own.
#pragma once

#include <cstddef>

namespace sctp::testing {

[[nodiscard]] std::size_t Allocations();

}  // namespace sctp::testing
