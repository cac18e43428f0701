// Sender: chunks that leave a second time without having been lost (copies.h).
#include "sctp/send/sender.h"

namespace sctp {

using State = SentChunk::State;

// What is due to leave a second time, if it may still be of use.
bool Sender::AddCopy(BufferWriter& out, TimePoint now) {
  while (copies_.Due(now)) {
    const Tsn tsn = copies_.front();
    SentChunk* chunk = tsn > outstanding_.cumulative() ? outstanding_.Find(tsn) : nullptr;
    const bool useful = chunk != nullptr && chunk->state == State::kInFlight &&
                        chunk->transmissions == 1 && !copies_.late(now) &&
                        slots_[chunk->fragment.message].deadline > now;
    if (!useful) {
      copies_.PopFront();
      continue;
    }
    if (out.space() < ChunkSize(chunk->fragment)) return false;
    copies_.PopFront();
    copies_.OnSent(tsn);
    ++counters_.copies;
    ++packet_copies_;
    Write(out, tsn, *chunk, /*immediate=*/false);
    return true;
  }
  return false;
}

void Sender::LeaveFlight(SentChunk& chunk) {
  const std::size_t size = ChunkSize(chunk.fragment);
  records_.ChunkLeaves(chunk.packet, size);
  if (chunk.copied_later > 0)
    records_.ChunkLeaves(PacketNumber(chunk.packet.value() + chunk.copied_later), size);
  chunk.copied_later = 0;
}

// An answer to the copy is not here before the path has been gone both ways since that left.
bool Sender::MayBeItsCopy(const SentChunk& chunk, Duration age) const {
  if (chunk.copied_later == 0 || chunk.state != State::kInFlight || !flow_.round_trip.known())
    return false;
  const PacketRecord* copy = records_.Find(PacketNumber(chunk.packet.value() + chunk.copied_later));
  const Duration least = flow_.round_trip.least() - flow_.round_trip.least() / 8;
  return copy != nullptr && age >= copy->sent - chunk.sent + least;
}

// The first is lost and the copy is on its way, or the other way round.
bool Sender::OutlivedBy(PacketNumber number, SentChunk& chunk, TimePoint now, Acked& acked) {
  const PacketNumber copied(chunk.packet.value() + chunk.copied_later);
  const PacketRecord* copy = chunk.copied_later > 0 ? records_.Find(copied) : nullptr;
  if (copy == nullptr) return false;
  const std::size_t size = ChunkSize(chunk.fragment);
  if (number == copied) {
    records_.ChunkLeaves(copied, size);
    chunk.copied_later = 0;
    return true;
  }
  if (copy->sent + flow_.round_trip.Rto() <= now) return false;  // it would have been answered
  // From now on the copy is what is on its way.
  records_.ChunkLeaves(number, size);
  chunk.packet = copied;
  chunk.sent = copy->sent;
  chunk.copied_later = 0;
  ++chunk.transmissions;
  acked.lost_bytes += size;
  ++counters_.lost_chunks;
  acked.new_recovery |= flow_.undo.OnLost(outstanding_.next_tsn());
  return true;
}

}  // namespace sctp
