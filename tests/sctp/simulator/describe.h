// Describes a packet in one line, for debugging.
#pragma once

#include <string>

#include "sctp/base/types.h"

namespace sctp::testing {

// "SACK 17 [2-4] I-DATA 20 s3 m7 f0 BE ...": chunk types, TSNs, streams, MIDs; no payload.
[[nodiscard]] std::string Describe(MutableByteView packet);

}  // namespace sctp::testing
