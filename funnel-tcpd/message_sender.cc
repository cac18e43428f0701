#include "funnel-tcpd/message_sender.h"

namespace funnel::tcpd {

using module::Framer;

MessageSender::MessageSender(ChannelPort& port, SessionId id, const module::ServiceModule& module,
                             funnel_end end, MutableByteView scratch)
    : port_(port),
      id_(id),
      conversation_(module.module(), module.config(), end),
      scratch_(scratch) {}

MutableByteView MessageSender::Prepare() {
  direct_ = false;
  if (!Send()) return {};
  if (conversation_.is_stream()) {
    direct_ = true;
    return port_.PrepareBytes(id_);
  }
  return port_.TakesMessage(id_) ? scratch_ : MutableByteView();
}

void MessageSender::Commit(std::size_t count) {
  if (direct_) return port_.CommitBytes(id_, count);
  conversation_.Append(scratch_.first(count));
  Drain();
}

void MessageSender::Release() {
  conversation_.Release();
  Drain();
}

void MessageSender::OnDelivered(ByteView bytes) {
  const bool was_stream = conversation_.is_stream();
  conversation_.OnDelivered(bytes);
  // What was held has nothing to wait for any more.
  if (conversation_.is_stream() && !was_stream) Drain();
}

bool MessageSender::Send() {
  blocked_ = false;
  for (;;) {
    const Framer::Piece piece = conversation_.Next();
    if (piece.empty) return true;
    if (SendPiece(piece)) continue;
    blocked_ = true;
    return false;
  }
}

bool MessageSender::SendPiece(const Framer::Piece& piece) {
  progress_ = true;
  if (piece.stream) {
    const std::size_t taken = port_.SendBytes(id_, piece.bytes);
    conversation_.SentBytes(taken);
    return taken == piece.bytes.size();
  }
  const auto number = port_.SendMessage(
      id_, piece.bytes, {.order = piece.order, .after = piece.after, .more = piece.more});
  if (!number) return false;
  for (const Framer::Label& label : piece.labels)
    port_.TraceMessage(id_, *number,
                       {label.text, label.numbered ? std::optional(label.number) : std::nullopt});
  conversation_.SentMessage(*number);
  return true;
}

// The channel took messages when the end was read, so what is left is less than a message. Sending
// it as bytes would have to wait for credit.
void MessageSender::Finish() {
  if (conversation_.is_stream()) return;
  conversation_.EndInput();
  for (;;) {
    const Framer::Piece piece = conversation_.Next();
    if (piece.empty) return;
    const auto number = port_.SendMessage(
        id_, piece.bytes, {.order = piece.stream ? wire::Order::kAfterAll : piece.order});
    if (!number) return;
    if (piece.stream)
      conversation_.SentBytes(piece.bytes.size());
    else
      conversation_.SentMessage(*number);
  }
}

}  // namespace funnel::tcpd
