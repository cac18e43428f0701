// One line of a trace: a frame of a channel, a record of the frame before it, what a message that
// is about to be sent is, an SCTP packet, a chunk of the packet before it, or how many lines were
// lost. Both forms, for people and for programs, are made from the same fields
// (funnelctl/command_schema.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/error.h"
#include "common/wire/frame/types.h"

namespace funnel::trace {

enum class TraceForm { kText, kJson };
// "text", "json".
[[nodiscard]] Result<TraceForm> ParseTraceForm(std::string_view word);

struct ByteCount {
  std::uint64_t value = 0;
};

// As text "size=45", " lifetime=5000ms", "code=3 (timeout)", and a flag "more" where it is true. In
// JSON the name has the unit ("size_bytes", "lifetime_ms"), and a code has its text in a second
// field.
struct TraceField {
  std::string_view name;
  std::variant<bool, std::uint64_t, ByteCount, std::chrono::milliseconds, std::string,
               wire::EndCode>
      value;
};

struct TraceEvent {
  enum class Kind { kFrame, kRecord, kLabel, kPacket, kChunk };

  Kind kind = Kind::kFrame;
  std::string of;  // the channel "dns/1"; of packets and chunks the peer, or an address
  bool outgoing = false;
  std::string_view what;  // "SEALED", "DATAGRAM"
  std::vector<TraceField> fields = {};
  std::string dropped = {};  // why; empty: it was not dropped
};

using TraceTime = std::chrono::system_clock::time_point;

// One line each, with its line feed; always printable ASCII, whatever the peer sent.
[[nodiscard]] std::string RenderTraceEvent(const TraceEvent& event, TraceTime when, TraceForm form);
[[nodiscard]] std::string RenderTraceLoss(std::uint64_t lines, TraceTime when, TraceForm form);

}  // namespace funnel::trace
