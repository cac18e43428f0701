#include "funnel-sctpd/engine/packet/large_packets.h"

#include <algorithm>

namespace funnel::sctp {
namespace {

// cumulative TSN 32 | window 32 | gap blocks 16 | duplicates 16 | gap blocks: first 16, last 16
constexpr std::size_t kGapCountAt = 8, kGapsAt = 12, kGapBytes = 4;

// TSNs wrap (RFC 9260 section 1.6).
bool IsUpTo(std::uint32_t tsn, std::uint32_t last) {
  return static_cast<std::int32_t>(last - tsn) >= 0;
}

std::uint32_t U16At(ByteView bytes, std::size_t at) {
  return static_cast<std::uint32_t>(LoadBigEndian<2>(bytes.data() + at));
}

bool IsInGap(ByteView sack, std::uint32_t offset) {
  if (sack.size() < kGapsAt) return false;
  const std::size_t said = U16At(sack, kGapCountAt);
  const std::size_t count = std::min(said, (sack.size() - kGapsAt) / kGapBytes);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = kGapsAt + i * kGapBytes;
    if (offset >= U16At(sack, at) && offset <= U16At(sack, at + 2)) return true;
  }
  return false;
}

}  // namespace

void LargePackets::OnSent(std::uint32_t tsn, std::size_t chunk_bytes, TimePoint now) {
  if (chunk_bytes < kLargeChunkBytes) return;
  if (sent_++ == 0) since_ = now;
  largest_ = std::max(largest_, chunk_bytes);
  if (waiting_.size() < kMost && std::ranges::find(waiting_, tsn) == waiting_.end())
    waiting_.push_back(tsn);
}

void LargePackets::OnGivenUp(std::uint32_t cumulative_tsn) {
  given_up_ = cumulative_tsn;
  any_given_up_ = true;
}

void LargePackets::OnAcknowledged(ByteView sack, TimePoint now) {
  if (sent_ == 0 || sack.size() < 4) return;
  if (TakeArrived(sack)) return Begin();
  if (now - answered_ >= kApart) {
    ++answers_;
    answered_ = now;
  }
  if (sent_ >= kLeastSent && answers_ >= kLeastAnswers && now - since_ >= kLeastTime)
    vanishing_ = true;
}

bool LargePackets::TakeArrived(ByteView sack) {
  const auto cumulative = static_cast<std::uint32_t>(LoadBigEndian<4>(sack.data()));
  bool arrived = false;
  std::erase_if(waiting_, [&](std::uint32_t tsn) {
    if (IsUpTo(tsn, cumulative)) {
      arrived = arrived || !any_given_up_ || !IsUpTo(tsn, given_up_);
      return true;
    }
    const bool in_gap = IsInGap(sack, tsn - cumulative);
    arrived = arrived || in_gap;
    return in_gap;
  });
  return arrived;
}

void LargePackets::Begin() {
  sent_ = answers_ = 0;
  largest_ = 0;
  vanishing_ = false;
}

}  // namespace funnel::sctp
