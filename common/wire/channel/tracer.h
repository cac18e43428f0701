// Whoever watches a channel's frames, for `funnelctl trace`. It sees records in the clear, and must
// not write down payload.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/ids.h"

namespace funnel::wire {

// A sealed frame that went out, or came and was opened.
struct TracedFrame {
  bool outgoing = false;
  bool reliable = true;
  Epoch epoch;
  std::uint64_t sequence = 0;
  std::size_t size = 0;           // of the plaintext
  std::uint32_t lifetime_ms = 0;  // 0: reliable
};

class FrameTracer {
 public:
  virtual ~FrameTracer() = default;
  // From inside the channel's calls: no call back into it. RECORDS is gone after the call.
  virtual void OnTracedFrame(const TracedFrame& frame, ByteView records) = 0;
  // A frame that came and was dropped. WHY: "replay", "forged", ...
  virtual void OnTracedDrop(Epoch epoch, std::size_t size, std::string_view why) = 0;
};

}  // namespace funnel::wire
