// Cuts what comes on a control flow into messages. Its owner reads the socket.
#pragma once

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/command/control_message.h"

namespace funnel::command {

class ControlReader {
 public:
  // What came next. It keeps no more than one message that is not whole, if Next() is called until
  // it has none.
  void Add(ByteView bytes) { buffer_.insert(buffer_.end(), bytes.begin(), bytes.end()); }
  // Takes one message. False: none is whole. An error: the flow is of no use any more.
  [[nodiscard]] Result<bool> Next(ControlMessage& message);

 private:
  Bytes buffer_;
};

}  // namespace funnel::command
