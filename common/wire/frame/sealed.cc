#include "common/wire/frame/sealed.h"

namespace funnel::wire {
namespace {

constexpr std::uint8_t kReliableFlag = 0x01;
constexpr std::uint8_t kConfirmedFlag = 0x02;

}  // namespace

std::optional<SealedHeader> SealedHeader::Parse(ByteView plaintext) {
  if (plaintext.size() < kSealedHeaderSize) return std::nullopt;
  const std::uint8_t flags = plaintext[0];
  if (flags & ~(kReliableFlag | kConfirmedFlag)) return std::nullopt;
  SealedHeader header{
      .reliable = (flags & kReliableFlag) != 0,
      .confirmed = (flags & kConfirmedFlag) != 0,
      .reliable_before = LoadBigEndian<5>(&plaintext[1]),
      .sequence = LoadBigEndian<6>(&plaintext[6]),
  };
  if (header.reliable_before > header.sequence) return std::nullopt;
  return header;
}

void SealedHeader::Serialize(std::span<std::uint8_t, kSealedHeaderSize> out) const {
  out[0] =
      static_cast<std::uint8_t>((reliable ? kReliableFlag : 0) | (confirmed ? kConfirmedFlag : 0));
  StoreBigEndian<5>(&out[1], reliable_before);
  StoreBigEndian<6>(&out[6], sequence);
}

}  // namespace funnel::wire
