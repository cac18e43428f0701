#include "sctp/send/loss_finder.h"

#include <algorithm>

namespace sctp {

using State = SentChunk::State;

void LossFinder::OnSack(std::optional<Tsn> reported_until, Acked& acked) {
  reported_until_ = reported_until;
  TakeReportedLate(acked);
}

void LossFinder::Find(TimePoint now, Acked& acked) {
  Flight& flight = state_.flight;
  deadline_ =
      state_.flow.rack.DetectLosses(flight.packets, state_.flow.round_trip, now,
                                    [&](PacketNumber number) { OnPacketLost(number, now, acked); });
  while (const auto lost = state_.copies.TakeLost(now)) {
    acked.lost_bytes += *lost;
    ++state_.counters.lost_chunks;
  }
  SettleUnreported(now);

  // Nothing that is on its way, or waits to be sent again, would bring news of them.
  const Outstanding& chunks = flight.outstanding;
  if (chunks.unreported() > 0 && chunks.in_flight() + chunks.lost() == 0)
    OnSack(std::nullopt, acked);
}

void LossFinder::OnTimeout(TimePoint now) {
  Acked acked;
  PacketRecords& packets = state_.flight.packets;
  packets.Trim();
  reported_until_.reset();  // nothing has been said for long, whatever the reason
  OnPacketLost(packets.begin(), now, acked);
  packets.Trim();
}

void LossFinder::OnPacketLost(PacketNumber number, TimePoint now, Acked& acked) {
  Flight& flight = state_.flight;
  const PacketRecord* record = flight.packets.Find(number);
  flight.packets.ForTsns(*record, [&](Tsn tsn) {
    SentChunk* chunk = flight.outstanding.Find(tsn);
    if (chunk == nullptr || chunk->state != State::kInFlight) return;
    const bool is_copy = chunk->packet.value() + chunk->copied_later == number.value();
    if (chunk->packet != number && !is_copy) return;
    if (IsOutlived(number, *chunk, now, acked)) return;

    flight.Leave(*chunk);
    if (reported_until_ && tsn > *reported_until_)
      flight.outstanding.SetState(*chunk, tsn, State::kUnreported);
    else
      OnChunkLost(tsn, *chunk, acked);
  });
}

// The first transmission is lost and the copy is on its way, or the reverse.
bool LossFinder::IsOutlived(PacketNumber number, SentChunk& chunk, TimePoint now, Acked& acked) {
  PacketRecords& packets = state_.flight.packets;
  const PacketNumber copied(chunk.packet.value() + chunk.copied_later);
  const PacketRecord* copy = chunk.copied_later > 0 ? packets.Find(copied) : nullptr;
  if (copy == nullptr) return false;
  const std::size_t size = state_.flight.SizeOf(chunk.fragment);
  if (number == copied) {
    packets.ChunkLeaves(copied, size);
    chunk.copied_later = 0;
    return true;
  }
  if (copy->sent + state_.flow.round_trip.Rto() <= now)
    return false;  // otherwise it would have been answered

  // From now on the copy is what is on its way.
  packets.ChunkLeaves(number, size);
  chunk.packet = copied;
  chunk.sent = copy->sent;
  chunk.copied_later = 0;
  ++chunk.transmissions;
  acked.lost_bytes += size;
  ++state_.counters.lost_chunks;
  acked.new_recovery |= state_.flow.undo.OnLost(state_.flight.outstanding.next_tsn());
  return true;
}

void LossFinder::OnChunkLost(Tsn tsn, SentChunk& chunk, Acked& acked) {
  Flight& flight = state_.flight;
  acked.lost_bytes += flight.SizeOf(chunk.fragment);
  flight.outstanding.SetState(chunk, tsn, State::kLost);
  ++state_.counters.lost_chunks;
  ++state_.flow.counters.lost_chunks;
  acked.new_recovery |= state_.flow.undo.OnLost(flight.outstanding.next_tsn());
}

// Chunks beyond all that SACKs have room for may have arrived or be lost. After the time of a
// timeout they no longer count as on their way, so that they do not hold back what is known to be
// lost. Otherwise, after an overshoot, nothing could be sent that would bring the next SACK.
void LossFinder::SettleUnreported(TimePoint now) {
  if (!reported_until_) return;

  Flight& flight = state_.flight;
  settled_until_ = std::max(settled_until_, flight.packets.begin());

  for (; settled_until_ < flight.packets.end();
       settled_until_ = PacketNumber(settled_until_.value() + 1)) {
    const PacketRecord& record = *flight.packets.Find(settled_until_);
    const TimePoint gone = record.sent + state_.flow.round_trip.Rto();
    if (gone > now) {
      deadline_ = std::min(deadline_, gone);
      return;
    }
    flight.packets.ForTsns(record, [&](Tsn tsn) {
      SentChunk* chunk = flight.outstanding.Find(tsn);
      if (chunk == nullptr || chunk->packet != settled_until_ || tsn <= *reported_until_ ||
          chunk->state != State::kInFlight)
        return;
      flight.Leave(*chunk);
      flight.outstanding.SetState(*chunk, tsn, State::kUnreported);
    });
  }
}

// SACKs have reached what they had no room for, and do not say that it arrived.
void LossFinder::TakeReportedLate(Acked& acked) {
  Outstanding& chunks = state_.flight.outstanding;
  const Tsn until = reported_until_.value_or(chunks.next_tsn() - 1u);
  while (const auto tsn = chunks.FirstUnreported(until))
    OnChunkLost(*tsn, *chunks.Find(*tsn), acked);
}

}  // namespace sctp
