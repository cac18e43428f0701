// A module at work on one connection: what the application here sends is cut into messages, and
// what is delivered to it is shown to the module. The first message that does not follow the
// protocol, in either direction, ends that in both. Owned by the owner of the connection; no I/O,
// no clock.
#pragma once

#include "common/base/bytes.h"
#include "common/module/arrival_reader.h"
#include "common/module/framer.h"
#include "common/module/module_connection.h"

namespace funnel::module {

class Conversation {
 public:
  // MODULE, and CONFIG with which it was configured, outlive this.
  Conversation(const struct funnel_module& module, void* config, funnel_end end);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // --- what the application sends, as framer.h says
  void Append(ByteView bytes) { framer_.Append(bytes); }
  [[nodiscard]] Framer::Piece Next();
  void SentBytes(std::size_t count) { framer_.SentBytes(count); }
  void SentMessage(std::uint64_t last) { framer_.SentMessage(last); }
  void Release() { framer_.Release(); }
  [[nodiscard]] bool IsHolding() const { return framer_.IsHolding(); }
  [[nodiscard]] std::size_t unsent() const { return framer_.unsent(); }
  // The application sends no more: what Next() returns after this is the rest.
  void EndInput() { framer_.BeginStream(); }

  // --- what was delivered to it
  void OnDelivered(ByteView bytes);

  // From here on, what the application sends is a stream of bytes.
  [[nodiscard]] bool is_stream() const { return framer_.is_stream(); }
  // One direction did not follow the protocol.
  [[nodiscard]] bool mismatch() const { return framer_.mismatch() || arrivals_.mismatch(); }

 private:
  // If one direction does not follow the protocol, neither is read any more.
  void EndOnMismatch();

  ModuleConnection connection_;
  Framer framer_;
  ArrivalReader arrivals_;
};

}  // namespace funnel::module
