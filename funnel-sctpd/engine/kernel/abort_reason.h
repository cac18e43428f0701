// What a peer said with its ABORT.
#pragma once

#include <string>

#include "common/base/bytes.h"

namespace funnel::sctp {

// The text of the first of an ABORT's CAUSES (RFC 9260 section 3.3.10: code 16, length 16 with
// these 4, value) if that is a User-Initiated Abort (section 3.3.10.12), else "". The peer chose
// it: escape it before a terminal or a log.
[[nodiscard]] std::string UserInitiatedReason(ByteView causes);

}  // namespace funnel::sctp
