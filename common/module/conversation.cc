#include "common/module/conversation.h"

namespace funnel::module {

Conversation::Conversation(const struct funnel_module& module, void* config, funnel_end end)
    : connection_(module, config, end), framer_(connection_), arrivals_(connection_) {
  if (connection_.is_open()) return;
  framer_.BeginStream();
  arrivals_.Stop();
}

Framer::Piece Conversation::Next() {
  const Framer::Piece piece = framer_.Next();
  EndOnMismatch();
  return piece;
}

void Conversation::OnDelivered(ByteView bytes) {
  arrivals_.Read(bytes);
  EndOnMismatch();
}

void Conversation::EndOnMismatch() {
  if (!mismatch()) return;
  framer_.BeginStream();
  arrivals_.Stop();
}

}  // namespace funnel::module
