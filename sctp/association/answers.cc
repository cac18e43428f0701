#include "sctp/association/answers.h"

#include <algorithm>

namespace sctp {

void Answers::Add(ChunkType type, std::uint8_t flags, ByteView body, std::size_t room) {
  const std::size_t size = Padded(kChunkHeaderSize + body.size());
  if (chunks_.size() + size > std::min(kMost, room)) return;
  const std::size_t at = chunks_.size();
  chunks_.resize(at + size);
  BufferWriter out(MutableByteView(chunks_).subspan(at));
  WriteChunk(out, type, flags, body);
}

void Answers::Report(CauseCode cause, ByteView value, std::size_t room) {
  std::uint8_t raw[kTlvHeaderSize + kMostReportBytes];
  BufferWriter out(raw);
  WriteCause(out, cause, value.first(std::min(value.size(), kMostReportBytes)));
  Add(ChunkType::kError, 0, out.written(), room);
}

void Answers::KeepCookieAckOnly() {
  const bool has = !empty() && chunks_.front() == static_cast<std::uint8_t>(ChunkType::kCookieAck);
  chunks_.resize(has ? kChunkHeaderSize : 0);
}

void Answers::Write(BufferWriter& out) {
  if (out.space() < chunks_.size()) return;
  out.Append(chunks_);
  chunks_.clear();
}

}  // namespace sctp
