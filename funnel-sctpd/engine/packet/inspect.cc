#include "funnel-sctpd/engine/packet/inspect.h"

#include "funnel-sctpd/engine/path/path_probe.h"

namespace funnel::sctp {
namespace {

// libusrsctp refuses larger ones with an ABORT of the association they arrive at; ours are below
// 200 bytes.
constexpr std::size_t kLargestInitBytes = 2048;
// RFC 9260 section 3.3.2: "a_rwnd ... at least 1500".
constexpr std::uint32_t kSmallestWindow = 1500;

bool IsKnown(ChunkType type) {
  switch (type) {
    case ChunkType::kData:
    case ChunkType::kInit:
    case ChunkType::kInitAck:
    case ChunkType::kSack:
    case ChunkType::kHeartbeat:
    case ChunkType::kHeartbeatAck:
    case ChunkType::kAbort:
    case ChunkType::kShutdown:
    case ChunkType::kShutdownAck:
    case ChunkType::kError:
    case ChunkType::kCookieEcho:
    case ChunkType::kCookieAck:
    case ChunkType::kShutdownComplete:
    case ChunkType::kInterleavedData:
    case ChunkType::kPad:
    case ChunkType::kForwardTsn:
    case ChunkType::kInterleavedForwardTsn:
      return true;
    case ChunkType::kAuth:
      return false;
  }
  return false;
}

bool StandsAlone(ChunkType type) {
  return type == ChunkType::kInit || type == ChunkType::kInitAck ||
         type == ChunkType::kShutdownComplete;
}

// | initiate tag 32 | a_rwnd 32 | out streams 16 | in streams 16 | initial TSN 32 | parameters:
// type 16, length 16 ...
bool InitIsSound(const Chunk& chunk) {
  if (chunk.value.size() > kLargestInitBytes) return false;
  ByteReader reader(chunk.value);
  auto tag = reader.U32(), window = reader.U32();
  auto out_streams = reader.U16(), in_streams = reader.U16();
  auto tsn = reader.U32();
  if (!tsn || *tag == 0 || *window < kSmallestWindow || *out_streams == 0 || *in_streams == 0)
    return false;

  while (!reader.AtEnd()) {
    (void)reader.U16();  // type
    auto length = reader.U16();
    if (!length || *length < 4) return false;

    std::size_t value = *length - 4u;
    if (!reader.Take(value)) return false;
    std::size_t padding = (4 - value % 4) % 4;
    if (!reader.AtEnd() && !reader.Take(padding)) return false;
  }
  return true;
}

bool ChunkIsSound(const Chunk& chunk, const PacketHeader& header) {
  switch (chunk.type) {
    case ChunkType::kInit:
      return header.tag == 0 && InitIsSound(chunk);
    case ChunkType::kInitAck:
      return header.tag != 0 && InitIsSound(chunk);
    case ChunkType::kData:
      return chunk.value.size() > kDataHeaderBytes - kChunkHeaderBytes;
    case ChunkType::kInterleavedData:
      return chunk.value.size() > kInterleavedDataHeaderBytes - kChunkHeaderBytes;
    default:
      return header.tag != 0;
  }
}

// What CHUNK tells of the path that it came by.
void Note(const Chunk& chunk, PacketSummary& summary) {
  switch (chunk.type) {
    case ChunkType::kHeartbeat:
      summary.has_heartbeat = true;
      break;
    case ChunkType::kHeartbeatAck:
      summary.has_probe_answer |= ReadProbe(chunk).has_value();
      break;
    case ChunkType::kData:
    case ChunkType::kInterleavedData:
    case ChunkType::kSack:
    case ChunkType::kForwardTsn:
    case ChunkType::kInterleavedForwardTsn:
    case ChunkType::kPad:
      summary.is_traffic = summary.uses_path = true;
      break;
    default:
      summary.is_traffic = summary.uses_path = summary.has_control = true;
  }
}

}  // namespace

std::optional<PacketSummary> Inspect(ByteView packet) {
  auto header = ReadHeader(packet);
  if (!header || header->source_port == 0 || !ChecksumOk(packet)) return std::nullopt;

  PacketSummary summary;
  summary.header = *header;
  bool first = true, stands_alone = false;

  ChunkReader chunks(packet);
  while (auto chunk = chunks.Next()) {
    if (!IsKnown(chunk->type) || !ChunkIsSound(*chunk, *header) || stands_alone)
      return std::nullopt;
    stands_alone = StandsAlone(chunk->type);
    if (stands_alone && !first) return std::nullopt;
    if (first) summary.first = chunk->type;
    first = false;

    if (chunk->type == ChunkType::kAbort) summary.has_abort = true;
    if (chunk->type == ChunkType::kShutdown) summary.has_shutdown = true;
    if (chunk->type == ChunkType::kSack && chunk->value.size() >= 4)
      summary.acknowledged = static_cast<std::uint32_t>(LoadBigEndian<4>(chunk->value.data()));
    if (chunk->type == ChunkType::kAbort || chunk->type == ChunkType::kShutdownComplete)
      summary.tag_reflected = (chunk->flags & kTagReflected) != 0;
    Note(*chunk, summary);
  }

  if (!chunks.ok() || first) return std::nullopt;
  return summary;
}

Bytes AnswerOutOfTheBlue(const PacketSummary& summary) {
  ChunkType type = ChunkType::kAbort;
  switch (summary.first) {
    case ChunkType::kShutdownAck:
      type = ChunkType::kShutdownComplete;
      break;
    case ChunkType::kInit:
    case ChunkType::kInitAck:
    case ChunkType::kAbort:
    case ChunkType::kError:
    case ChunkType::kCookieEcho:
    case ChunkType::kCookieAck:
    case ChunkType::kShutdownComplete:
      return {};
    default:
      if (summary.has_abort) return {};
  }

  ByteWriter out;
  out.U16(summary.header.destination_port)
      .U16(summary.header.source_port)
      .U32(summary.header.tag)
      .U32(0);
  out.U8(static_cast<std::uint8_t>(type)).U8(kTagReflected).U16(kChunkHeaderBytes);
  Bytes packet = out.Release();
  WriteChecksum(packet);
  return packet;
}

}  // namespace funnel::sctp
