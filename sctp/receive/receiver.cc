#include "sctp/receive/receiver.h"

#include <algorithm>

#include "sctp/wire/sack_chunk.h"

namespace sctp {
namespace {

// Offsets in gap blocks have 16 bit, and no sender sends anything that lies further ahead.
constexpr std::int32_t kFurthestAhead = 0xffff;
constexpr std::size_t kMostGapBlocks = 340;

}  // namespace

Receiver::Receiver(const Settings& settings, Tsn peer_tsn, BufferPool& buffers, MessageSink& sink,
                   ReceiveBudget* budget)
    : settings_(settings),
      tsns_(peer_tsn - 1u),
      reassembly_(settings.reassembly, buffers, sink),
      share_(budget),
      ack_(settings.ack) {}

bool Receiver::HasRoom(const DataView& chunk) {
  const std::int32_t ahead = chunk.tsn - tsns_.cumulative();
  if (ahead > kFurthestAhead) return false;
  // Without the missing ones no message would ever become whole, and everything waits for the very
  // next one. So these may go beyond the window, up to a bound.
  const std::size_t windows = ahead == 1 ? 3 : chunk.tsn < tsns_.highest() ? 2 : 1;
  if (reassembly_.held_bytes() + chunk.payload.size() > windows * settings_.window_bytes)
    return false;
  // What needs no memory always gets in: most handshakes need none.
  return reassembly_.DeliversAtOnce(chunk) ||
         share_.Fits(chunk.payload.size() + Reassembly::kMostOverheadBytes + sizeof(TsnRun));
}

Receiver::Outcome Receiver::OnData(const DataView& chunk) {
  arrival_.immediate |= chunk.immediate;
  arrival_.gap |= has_gaps();

  if (tsns_.Contains(chunk.tsn)) {
    if (duplicate_count_ < kMaxDuplicates) duplicates_[duplicate_count_++] = chunk.tsn;
    return Outcome::kDuplicate;
  }

  if (!HasRoom(chunk)) return Outcome::kNoRoom;
  if (tsns_.Add(chunk.tsn) == TsnRuns::Added::kNoRoom) return Outcome::kNoRoom;
  arrival_.gap |= has_gaps();
  arrival_.news = true;

  const Outcome outcome = Take(chunk);
  UpdateShare();
  return outcome;
}

Receiver::Outcome Receiver::Take(const DataView& chunk) {
  if (chunk.format != settings_.reassembly.format || chunk.payload.empty())
    return Outcome::kImpossible;
  if (chunk.stream.value() >= settings_.reassembly.streams) return Outcome::kNoStream;

  switch (reassembly_.Add(chunk)) {
    case Reassembly::Outcome::kTaken:
      return Outcome::kTaken;
    case Reassembly::Outcome::kImpossible:
      return Outcome::kImpossible;
    case Reassembly::Outcome::kTooLarge:
      return Outcome::kTooLarge;
  }
  return Outcome::kImpossible;
}

void Receiver::EndPacket(TimePoint now) {
  ack_.OnPacket(arrival_, now);
  arrival_ = {};
}

bool Receiver::OnForwardTsn(const ForwardTsnView& chunk, TimePoint now) {
  if (chunk.format != settings_.reassembly.format) return false;
  // One that is behind is answered too: our SACK may have been lost (RFC 3758 section 3.6).
  ack_.OnUrgent(now);
  if (chunk.cumulative <= tsns_.cumulative() ||
      chunk.cumulative - tsns_.cumulative() > kFurthestAhead)
    return true;
  tsns_.AdvanceTo(chunk.cumulative);
  for (std::size_t i = 0; i < chunk.skipped(); ++i) reassembly_.Skip(chunk.at(i));
  reassembly_.SkipLoose(chunk.cumulative);
  UpdateShare();
  return true;
}

void Receiver::SetWindow(std::size_t window_bytes, TimePoint now) {
  if (window_bytes > settings_.window_bytes) ack_.OnUrgent(now);
  settings_.window_bytes = window_bytes;
}

bool Receiver::WriteSack(BufferWriter& out) {
  constexpr std::size_t kBare = kChunkHeaderSize + kSackFixedSize;
  if (out.space() < kBare) return false;

  std::size_t items = (out.space() - kBare) / kSackItemSize;
  std::array<GapBlock, kMostGapBlocks> gaps;
  std::size_t gap_count = 0;

  for (const TsnRun& run : tsns_.runs()) {
    if (gap_count == std::min(items, gaps.size()) || run.first - cumulative() > kFurthestAhead)
      break;
    const auto last = std::min(run.last - cumulative(), kFurthestAhead);
    gaps[gap_count++] = {static_cast<std::uint16_t>(run.first - cumulative()),
                         static_cast<std::uint16_t>(last)};
  }

  items -= gap_count;
  const std::size_t held = std::min(settings_.window_bytes, reassembly_.held_bytes());

  SackChunk sack;
  sack.cumulative = cumulative();
  sack.window_bytes =
      static_cast<std::uint32_t>(std::min(settings_.window_bytes - held, share_.free_bytes()));
  sack.gaps = std::span(gaps).first(gap_count);
  sack.duplicates = std::span(duplicates_).first(std::min(items, duplicate_count_));

  sack.Write(out);
  duplicate_count_ = 0;
  ack_.OnSackSent();
  return true;
}

}  // namespace sctp
