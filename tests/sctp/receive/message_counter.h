// Counts the messages that a receiver delivers.
#pragma once

#include "sctp/receive/message_sink.h"

namespace sctp::testing {

struct MessageCounter : MessageSink {
  void OnMessage(StreamId, std::uint32_t, MutableByteView) override { ++messages; }
  int messages = 0;
};

}  // namespace sctp::testing
