#include "sctp/association/elsewhere.h"

#include "sctp/path/path_nonce.h"
#include "sctp/wire/chunk.h"
#include "sctp/wire/control_chunks.h"
#include "sctp/wire/parameter.h"

namespace sctp {

void Elsewhere::Ask(const Address& to, ByteView info, std::size_t pad_to) {
  std::uint8_t raw[kTlvHeaderSize + std::tuple_size_v<PathNonce>];
  BufferWriter body(raw);
  WriteParameter(body, ParameterType::kHeartbeatInfo, info);
  Add(to, ChunkType::kHeartbeat, body.written(), pad_to);
}

void Elsewhere::Answer(const Address& to, ByteView body, std::size_t packet_bytes, TimePoint now) {
  if (!answers_.Take(kAnswers, now)) return;
  if (Padded(kChunkHeaderSize + body.size()) > packet_bytes - kCommonHeaderSize) return;
  Add(to, ChunkType::kHeartbeatAck, body, 0);
}

void Elsewhere::Add(const Address& to, ChunkType type, ByteView body, std::size_t pad_to) {
  if (waiting_.size() >= kMost) return;
  Waiting& added =
      waiting_.emplace_back(Waiting{to, Bytes(Padded(kChunkHeaderSize + body.size())), pad_to});
  BufferWriter out(added.chunk);
  WriteChunk(out, type, 0, body);
}

void Elsewhere::WriteNext(PacketWriter& packet) {
  const Waiting& next = waiting_.front();
  packet.out().Append(next.chunk);
  // RFC 4820: nobody reads its content.
  if (next.pad_to >= packet.size() + kChunkHeaderSize)
    WritePad(packet.out(), next.pad_to - packet.size());
  waiting_.pop_front();
}

}  // namespace sctp
