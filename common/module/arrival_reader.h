// Shows a module what was delivered to the application at this edge, as the stream of bytes that
// was written to it. Holds no more than the beginning of a message that the module cannot tell yet.
// Owned by a Conversation.
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
  // The module is not shown any more.
  void Stop();

  [[nodiscard]] bool is_over() const { return over_; }
  // What was delivered is not the protocol.
  [[nodiscard]] bool mismatch() const { return mismatch_; }

 private:
  // What the module says of BYTES, and how many of them its message takes; nullopt: it needs more,
  // or that was the last of it.
  [[nodiscard]] bool ReadMessage(ByteView bytes);
  // Messages that begin in head_.
  void ReadHead();

  ModuleConnection& connection_;
  Bytes head_;              // the beginning of a message
  std::uint64_t skip_ = 0;  // of a message that the module knows
  bool over_ = false, mismatch_ = false;
};

}  // namespace funnel::module
