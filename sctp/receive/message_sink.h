// Whoever takes whole messages.
#pragma once

#include "sctp/base/types.h"

namespace sctp {

class MessageSink {
 public:
  virtual ~MessageSink() = default;
  // MESSAGE may be changed where it lies and is gone after the call. Must not call back into what
  // delivers it.
  virtual void OnMessage(StreamId stream, std::uint32_t protocol, MutableByteView message) = 0;
};

}  // namespace sctp
