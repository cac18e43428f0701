#include "common/ipc/command_answer.h"

namespace funnel::ipc {

CommandAnswer::~CommandAnswer() { Fail("the daemon gave the command up"); }

void CommandAnswer::Send(ReplyKind kind, std::string_view text) {
  if (connection_ == nullptr) return;
  ByteView bytes = AsBytes(text);
  connection_->Send(CommandReply{request_, kind, Bytes(bytes.begin(), bytes.end())});
}

void CommandAnswer::Write(std::string_view text) {
  while (!text.empty()) {
    std::string_view piece = text.substr(0, CommandReply::kPieceSize);
    text.remove_prefix(piece.size());
    Send(ReplyKind::kMore, piece);
  }
}

void CommandAnswer::Finish(std::string_view text) {
  if (text.size() > CommandReply::kPieceSize) {
    std::size_t before = text.size() - text.size() % CommandReply::kPieceSize;
    Write(text.substr(0, before));
    text.remove_prefix(before);
  }
  Send(ReplyKind::kLast, text);
  connection_ = nullptr;
}

void CommandAnswer::Fail(std::string_view why) {
  Send(ReplyKind::kFailed, why.substr(0, kMaxTextSize));
  connection_ = nullptr;
}

std::size_t CommandAnswer::queued_bytes() const {
  return connection_ == nullptr ? 0 : connection_->queued_bytes();
}

void CommandAnswer::Detach() {
  if (std::exchange(connection_, nullptr) == nullptr) return;
  if (auto on_gone = std::move(on_gone_)) on_gone();
}

}  // namespace funnel::ipc
