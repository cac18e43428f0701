#include "sctp/wire/packet.h"

#include <cassert>

#include "common/base/crc32c.h"

namespace sctp {
namespace {

constexpr std::size_t kChecksumAt = 8;

std::uint32_t Sum(ByteView packet) {
  constexpr std::uint8_t kZeros[4] = {};
  std::uint32_t sum = funnel::Crc32c(packet.first(kChecksumAt));
  sum = funnel::Crc32c(kZeros, sum);
  return funnel::Crc32c(packet.subspan(kCommonHeaderSize), sum);
}

}  // namespace

std::optional<PacketView> PacketView::Parse(MutableByteView bytes, Checksum checksum) {
  if (bytes.size() < kCommonHeaderSize) return std::nullopt;
  const std::uint8_t* at = bytes.data();
  if (checksum == Checksum::kVerify) {
    const auto stored =
        __builtin_bswap32(static_cast<std::uint32_t>(funnel::LoadBigEndian<4>(at + kChecksumAt)));
    if (stored != Sum(bytes)) return std::nullopt;
  }
  PacketView packet;
  packet.header.source_port = static_cast<std::uint16_t>(funnel::LoadBigEndian<2>(at));
  packet.header.destination_port = static_cast<std::uint16_t>(funnel::LoadBigEndian<2>(at + 2));
  packet.header.tag = VerificationTag(static_cast<std::uint32_t>(funnel::LoadBigEndian<4>(at + 4)));
  packet.chunks = bytes.subspan(kCommonHeaderSize);
  return packet;
}

PacketWriter::PacketWriter(MutableByteView buffer, const CommonHeader& header) : out_(buffer) {
  out_.U16(header.source_port).U16(header.destination_port).U32(header.tag.value()).U32(0);
}

MutableByteView PacketWriter::Finish() {
  assert(out_.ok());
  const MutableByteView packet = out_.written();
  funnel::StoreBigEndian<4>(packet.data() + kChecksumAt, __builtin_bswap32(Sum(packet)));
  return packet;
}

}  // namespace sctp
