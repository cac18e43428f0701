// What a trace says of a chunk: its type and numbers. Never payload, cookies or verification tags:
// whoever knows a tag can forge packets.
#pragma once

#include "common/trace/trace_event.h"
#include "sctp/wire/chunk.h"

namespace funnel::sctpd {

// CHUNK may contain anything; what cannot be read is "MALFORMED", with its type. TraceEvent::of and
// the direction are the caller's.
[[nodiscard]] trace::TraceEvent DescribeChunk(const ::sctp::ChunkView& chunk);

}  // namespace funnel::sctpd
