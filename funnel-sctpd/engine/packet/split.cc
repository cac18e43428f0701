#include "funnel-sctpd/engine/packet/split.h"

#include "funnel-sctpd/engine/packet/packet.h"

namespace funnel::sctp {
namespace {

bool MustStayWhole(ChunkType type) {
  return type == ChunkType::kAuth || type == ChunkType::kInit || type == ChunkType::kInitAck ||
         type == ChunkType::kCookieEcho || type == ChunkType::kShutdownComplete;
}

}  // namespace

void PlanPieces(ByteView packet, std::size_t limit_bytes, std::vector<PacketPiece>& pieces) {
  const PacketPiece whole{kHeaderBytes, packet.size()};
  pieces.assign(1, whole);
  if (packet.size() <= limit_bytes) return;

  pieces.clear();
  ChunkReader chunks(packet);
  while (auto chunk = chunks.Next()) {
    if (MustStayWhole(chunk->type)) {
      pieces.assign(1, whole);
      return;
    }
    bool fits = !pieces.empty() && kHeaderBytes + chunk->end - pieces.back().begin <= limit_bytes;
    if (fits)
      pieces.back().end = chunk->end;
    else
      pieces.push_back({chunk->begin, chunk->end});
  }
  if (!chunks.ok() || pieces.empty()) pieces.assign(1, whole);
}

}  // namespace funnel::sctp
