// What OPEN_SESSION and OPENING say about a session's client: fields of their own kind, type 8,
// length 8, value: 1 client address, 2 local address (man/funnel-protocol.7, SEALED RECORDS).
#pragma once

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/wire/frame/types.h"

namespace funnel::wire {

// An error is a violation by an authenticated peer.
[[nodiscard]] Result<SessionInfo> ParseSessionInfo(ByteView fields);
[[nodiscard]] Bytes SerializeSessionInfo(const SessionInfo& info);

}  // namespace funnel::wire
