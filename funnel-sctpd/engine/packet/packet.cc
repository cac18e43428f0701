#include "funnel-sctpd/engine/packet/packet.h"

#include <algorithm>

#include "common/base/crc32c.h"

namespace funnel::sctp {
namespace {

constexpr std::size_t kChecksumAt = 8;

// As if the checksum field were zero.
std::uint32_t Sum(ByteView packet) {
  constexpr std::uint8_t kZero[4] = {};
  std::uint32_t sum = Crc32c(packet.first(kChecksumAt));
  sum = Crc32c(kZero, sum);
  return Crc32c(packet.subspan(kHeaderBytes), sum);
}

}  // namespace

std::optional<PacketHeader> ReadHeader(ByteView packet) {
  if (packet.size() < kHeaderBytes + kChunkHeaderBytes) return std::nullopt;
  const std::uint8_t* raw = packet.data();
  return PacketHeader{static_cast<std::uint16_t>(LoadBigEndian<2>(raw)),
                      static_cast<std::uint16_t>(LoadBigEndian<2>(raw + 2)),
                      static_cast<std::uint32_t>(LoadBigEndian<4>(raw + 4))};
}

std::optional<Chunk> ChunkReader::Next() {
  if (at_ >= packet_.size()) return std::nullopt;
  if (packet_.size() - at_ < kChunkHeaderBytes) {
    ok_ = false;
    return std::nullopt;
  }

  const std::uint8_t* raw = packet_.data() + at_;
  std::size_t length = LoadBigEndian<2>(raw + 2);
  if (length < kChunkHeaderBytes || length > packet_.size() - at_) {
    ok_ = false;
    at_ = packet_.size();
    return std::nullopt;
  }

  Chunk chunk{static_cast<ChunkType>(raw[0]), raw[1],
              packet_.subspan(at_ + kChunkHeaderBytes, length - kChunkHeaderBytes), at_, 0};
  at_ = std::min(packet_.size(), at_ + (length + 3) / 4 * 4);
  chunk.end = at_;
  return chunk;
}

std::string UserInitiatedReason(ByteView causes) {
  constexpr std::uint16_t kUserInitiatedAbort = 12;
  ByteReader reader(causes);
  auto code = reader.U16(), length = reader.U16();
  if (!length || *code != kUserInitiatedAbort || *length < 4) return {};
  auto text = reader.Take(std::min<std::size_t>(*length - 4u, reader.remaining()));
  return text ? std::string(AsText(*text)) : std::string();
}

bool ChecksumOk(ByteView packet) {
  if (packet.size() < kHeaderBytes) return false;
  std::uint32_t sum = Sum(packet);
  const std::uint8_t* raw = packet.data() + kChecksumAt;
  return sum == (raw[0] | raw[1] << 8 | raw[2] << 16 | std::uint32_t{raw[3]} << 24);
}

void WriteChecksum(MutableByteView packet) {
  std::uint32_t sum = Sum(packet);
  for (std::size_t i = 0; i < 4; ++i)
    packet[kChecksumAt + i] = static_cast<std::uint8_t>(sum >> (8 * i));
}

void WritePorts(MutableByteView packet, std::uint16_t source, std::uint16_t destination) {
  StoreBigEndian<2>(packet.data(), source);
  StoreBigEndian<2>(packet.data() + 2, destination);
}

//  I-DATA (RFC 8260 section 2.1): header 4, TSN 4, stream 2, reserved 2, message identifier 4, then
//  the payload protocol (in the first fragment) or the fragment sequence number 4.
void ShiftFragmentNumbers(MutableByteView packet, int difference) {
  constexpr std::uint8_t kFirstFragment = 2;
  constexpr std::size_t kNumberAt = 16;
  ChunkReader chunks(packet);
  while (auto chunk = chunks.Next()) {
    if (chunk->type != ChunkType::kInterleavedData || (chunk->flags & kFirstFragment) != 0 ||
        chunk->value.size() + kChunkHeaderBytes < kInterleavedDataHeaderBytes)
      continue;
    std::uint8_t* number = packet.data() + chunk->begin + kNumberAt;
    StoreBigEndian<4>(number, LoadBigEndian<4>(number) + static_cast<std::uint64_t>(difference));
  }
}

}  // namespace funnel::sctp
