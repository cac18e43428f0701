// Shows a module what was delivered to the application at this edge, as the stream of bytes that
// was written to it. It stores no more than the beginning of a message that the module cannot frame
// yet. Owned by a Conversation.
#pragma once

#include <cstdint>

#include "common/base/bytes.h"
#include "common/module/module_connection.h"

namespace funnel::module {

class ArrivalReader {
 public:
  // CONNECTION outlives it.
  explicit ArrivalReader(ModuleConnection& connection) : connection_(connection) {}

  // BYTES were delivered.
  void Read(ByteView bytes);
  // Shows the module nothing more.
  void Stop();

  [[nodiscard]] bool is_over() const { return over_; }
  // What was delivered does not follow the protocol.
  [[nodiscard]] bool mismatch() const { return mismatch_; }

 private:
  // Asks the module about BYTES, and removes those that its message takes. False: it needs more, or
  // it is not shown any more.
  [[nodiscard]] bool ReadMessage(ByteView bytes);
  // Messages that begin in head_.
  void ReadHead();

  ModuleConnection& connection_;
  Bytes head_;              // the beginning of a message
  std::uint64_t skip_ = 0;  // of a message whose length is known
  bool over_ = false, mismatch_ = false;
};

}  // namespace funnel::module
