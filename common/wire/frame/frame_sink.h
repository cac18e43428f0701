// Where a channel puts its frames.
#pragma once

#include <cstddef>

#include "common/base/bytes.h"

namespace funnel::wire {

// Where Flush() puts sealed frames, each complete with its clear header (frame.h).
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  // Room for one frame of at most SIZE bytes, or an empty view when the sink is full: Flush()
  // stops, and is called again when there is room. Never more than kMaxFrameSize. A reservation
  // that no Commit follows is void.
  virtual MutableByteView Reserve(std::size_t size) = 0;
  // The first SIZE bytes of the last reservation are one frame.
  virtual void Commit(std::size_t size) = 0;
};

}  // namespace funnel::wire
