// How often this program has requested memory by new. Always 0 under a sanitizer, which has its own
// operator.
#pragma once

#include <cstddef>

namespace sctp::testing {

[[nodiscard]] std::size_t Allocations();

}  // namespace sctp::testing
