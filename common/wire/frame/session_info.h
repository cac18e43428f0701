// What OPEN_SESSION and OPENING say about a session's client: fields of their own kind, type 8,
// length 8, value: 1 client address, 2 local address, 3 target, 5 flow of a command, 7 streams
// (man/funnel-protocol.7, SEALED RECORDS).
#pragma once

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/wire/frame/feature_set.h"
#include "common/wire/frame/types.h"
#include "common/wire/frame/violation.h"

namespace funnel::wire {

// An error is a violation by an authenticated peer.
[[nodiscard]] Result<SessionInfo> ParseSessionInfo(ByteView fields);
[[nodiscard]] Bytes SerializeSessionInfo(const SessionInfo& info);
// A session has a target, and streams, where FEATURES, which both ends agreed on, say so, and only
// there.
[[nodiscard]] Checked<> CheckSessionInfo(const SessionInfo& info, Features features);

}  // namespace funnel::wire
