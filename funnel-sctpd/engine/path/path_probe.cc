#include "funnel-sctpd/engine/path/path_probe.h"

#include <cstring>

#include "common/base/random.h"

namespace funnel::sctp {
namespace {

constexpr char kMark[] = {'F', 'N', 'L', 'P', 'A', 'T', 'H', '1'};
constexpr std::uint16_t kInfoType = 1;
constexpr std::size_t kInfoBytes = 4 + sizeof kMark + sizeof(ProbeNonce);

void WriteHeader(MutableByteView room, const PacketHeader& header) {
  WritePorts(room, header.source_port, header.destination_port);
  StoreBigEndian<4>(room.data() + 4, header.tag);
}

}  // namespace

ProbeNonce NewProbeNonce() { return {RandomU64(), RandomU64()}; }

void WriteProbe(MutableByteView room, const PacketHeader& header, const ProbeNonce& nonce) {
  WriteHeader(room, header);
  std::uint8_t* at = room.data() + kHeaderBytes;
  at[0] = static_cast<std::uint8_t>(ChunkType::kHeartbeat);
  at[1] = 0;
  StoreBigEndian<2>(at + 2, kChunkHeaderBytes + kInfoBytes);
  StoreBigEndian<2>(at + 4, kInfoType);
  StoreBigEndian<2>(at + 6, kInfoBytes);
  std::memcpy(at + 8, kMark, sizeof kMark);
  std::memcpy(at + 8 + sizeof kMark, nonce.data(), sizeof nonce);
  WriteChecksum(room);
}

std::optional<ProbeNonce> ReadProbe(const Chunk& chunk) {
  if (chunk.value.size() != kInfoBytes ||
      std::memcmp(chunk.value.data() + 4, kMark, sizeof kMark) != 0)
    return std::nullopt;
  ProbeNonce nonce;
  std::memcpy(nonce.data(), chunk.value.data() + 4 + sizeof kMark, sizeof nonce);
  return nonce;
}

std::size_t HeartbeatAnswerBytes(const Chunk& heartbeat) {
  return kHeaderBytes + (kChunkHeaderBytes + heartbeat.value.size() + 3) / 4 * 4;
}

void WriteHeartbeatAnswer(MutableByteView room, const PacketHeader& header,
                          const Chunk& heartbeat) {
  std::memset(room.data(), 0, room.size());
  WriteHeader(room, header);
  std::uint8_t* at = room.data() + kHeaderBytes;
  at[0] = static_cast<std::uint8_t>(ChunkType::kHeartbeatAck);
  StoreBigEndian<2>(at + 2, kChunkHeaderBytes + heartbeat.value.size());
  std::memcpy(at + kChunkHeaderBytes, heartbeat.value.data(), heartbeat.value.size());
  WriteChecksum(room);
}

}  // namespace funnel::sctp
