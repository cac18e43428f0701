#include "sctp/send/ack_reader.h"

#include <algorithm>

namespace sctp {
namespace {

using State = SentChunk::State;

// A SACK with so many blocks may have had no room for more: it says nothing about what lies beyond
// its last block.
constexpr std::size_t kPerhapsCutShort = 128;

// No answer is faster than the path, which may be a little shorter than ever measured.
Duration LeastOf(const RoundTrip& round_trip) {
  return round_trip.least() - round_trip.least() / 8;
}

}  // namespace

bool AckReader::IsPlausible(const SackView& sack) const {
  const Tsn next = state_.flight.outstanding.next_tsn();
  if (sack.cumulative >= next) return false;
  std::uint32_t before = 1;
  for (std::size_t i = 0; i < sack.gaps(); ++i) {
    const GapBlock gap = sack.gap(i);
    if (gap.start <= before || gap.end < gap.start || sack.cumulative + gap.end >= next)
      return false;
    before = gap.end;
  }
  return true;
}

SackOutcome AckReader::OnSack(const SackView& sack, TimePoint now) {
  if (sack.cumulative < state_.flight.outstanding.cumulative()) {
    ++state_.counters.sacks_stale;
    return SackOutcome::kStale;
  }
  if (!IsPlausible(sack)) {
    ++state_.counters.sacks_invalid;
    return SackOutcome::kInvalid;
  }

  state_.flight.OnAcknowledged(sack.window_bytes, now);
  const std::size_t flight_before = state_.flight.bytes();
  Acked acked;
  state_.flow.rack.BeginSack();
  TakeCumulative(sack.cumulative, now, acked);
  TakeGaps(sack, now, acked);
  TakeDuplicates(sack, acked);
  std::optional<Tsn> reported_until;
  if (sack.gaps() >= kPerhapsCutShort)
    reported_until = sack.cumulative + sack.gap(sack.gaps() - 1).end;
  losses_.OnSack(reported_until, acked);
  Finish(now, flight_before, acked);
  return SackOutcome::kTaken;
}

SackOutcome AckReader::OnCumulative(Tsn cumulative, TimePoint now) {
  if (cumulative < state_.flight.outstanding.cumulative()) return SackOutcome::kStale;
  if (cumulative >= state_.flight.outstanding.next_tsn()) return SackOutcome::kInvalid;
  const std::size_t flight_before = state_.flight.bytes();
  Acked acked;
  state_.flow.rack.BeginSack();
  TakeCumulative(cumulative, now, acked);
  Finish(now, flight_before, acked);
  return SackOutcome::kTaken;
}

void AckReader::OnTime(TimePoint now) {
  Acked acked;
  Finish(now, state_.flight.bytes(), acked);
}

void AckReader::TakeCumulative(Tsn cumulative, TimePoint now, Acked& acked) {
  Outstanding& chunks = state_.flight.outstanding;
  for (Tsn tsn = chunks.cumulative() + 1; tsn <= cumulative; ++tsn) {
    SentChunk& chunk = *chunks.Find(tsn);
    if (Outstanding::Unacked(chunk.state)) OnDelivered(tsn, chunk, now, acked);
    acked.progress = true;
    const MessageId message = chunk.fragment.message;
    chunks.PopFront();
    state_.messages.OnChunkOver(message);
  }
}

void AckReader::TakeGaps(const SackView& sack, TimePoint now, Acked& acked) {
  Outstanding& chunks = state_.flight.outstanding;
  for (std::size_t i = 0; i < sack.gaps(); ++i) {
    const TsnRun run{sack.cumulative + sack.gap(i).start, sack.cumulative + sack.gap(i).end};
    chunks.acked().ForMissing(run, [&](TsnRun part) {
      for (Tsn tsn = part.first; tsn <= part.last; ++tsn) {
        SentChunk& chunk = *chunks.Find(tsn);
        if (!Outstanding::Unacked(chunk.state)) continue;
        OnDelivered(tsn, chunk, now, acked);
        chunks.SetState(chunk, tsn, State::kAcked);
      }
    });
    (void)chunks.acked().AddRange(run);
  }
}

void AckReader::OnDelivered(Tsn tsn, SentChunk& chunk, TimePoint now, Acked& acked) {
  Flight& flight = state_.flight;
  const RoundTrip& round_trip = state_.flow.round_trip;
  const std::size_t size = flight.SizeOf(chunk.fragment);
  const Duration rtt = now - chunk.sent;
  const bool doubtful = MayBeItsCopy(chunk, rtt);
  const bool first = chunk.transmissions == 1 && !doubtful;
  acked.delivered_bytes += size;
  acked.progress = true;
  if (chunk.state == State::kUnreported || chunk.packet < moved_at_) {
    // It came some time ago, but when is not known. Or it came by another path.
    acked.reported_late_bytes += size;
    return;
  }

  // An earlier transmission than the last one has arrived.
  const bool earlier = chunk.transmissions > 1 && round_trip.known() && rtt < LeastOf(round_trip);
  if (chunk.state == State::kLost || earlier) OnSpurious(tsn);
  const PacketRecord* record = flight.packets.Find(chunk.packet);
  if (chunk.state == State::kInFlight) {
    if (record != nullptr && !earlier &&
        (!acked.newest_known || acked.newest_packet < chunk.packet)) {
      acked.newest_known = true;
      acked.newest_packet = chunk.packet;
      acked.newest = *record;
    }
    if (doubtful) state_.copies.OnDoubtful(tsn, size, rtt, now + round_trip.smoothed());
    flight.Leave(chunk);
  }
  if (earlier) return;

  state_.flow.rack.OnDelivered(chunk.packet, rtt, first);
  // If a chunk was sent twice, nobody can tell for certain which transmission is answered (Karn).
  if (first && chunk.state == State::kInFlight &&
      (acked.rtt == Duration::zero() || rtt < acked.rtt))
    acked.rtt = rtt;
}

// The copy's acknowledgement cannot come earlier than one round trip after the copy was sent.
bool AckReader::MayBeItsCopy(const SentChunk& chunk, Duration age) const {
  const RoundTrip& round_trip = state_.flow.round_trip;
  if (chunk.copied_later == 0 || chunk.state != State::kInFlight || !round_trip.known())
    return false;
  const PacketRecord* copy =
      state_.flight.packets.Find(PacketNumber(chunk.packet.value() + chunk.copied_later));
  return copy != nullptr && age >= copy->sent - chunk.sent + LeastOf(round_trip);
}

void AckReader::OnSpurious(Tsn tsn) {
  PathFlow& flow = state_.flow;
  ++state_.counters.spurious;
  ++flow.counters.spurious;
  known_spurious_.Add(tsn);
  flow.rack.OnSpurious(state_.flight.packets.end());
  if (!flow.undo.OnSpurious()) return;
  ++state_.counters.undone;
  flow.congestion->OnUndo();
  flow.timer.OnUndo();
}

// The peer received these twice. If we sent them twice because we thought them lost, they were not.
void AckReader::TakeDuplicates(const SackView& sack, Acked& acked) {
  Outstanding& chunks = state_.flight.outstanding;
  for (std::size_t i = 0; i < sack.duplicates(); ++i) {
    const Tsn tsn = sack.duplicate(i);
    if (tsn >= chunks.next_tsn() || state_.extra.WasLastProbe(tsn)) continue;

    if (state_.copies.Had(tsn)) {
      const auto rtt = state_.copies.OnDuplicate(tsn);
      if (rtt && (acked.rtt == Duration::zero() || *rtt < acked.rtt)) acked.rtt = *rtt;
      continue;
    }

    const SentChunk* chunk = chunks.Find(tsn);
    // Both of two transmissions have arrived: the second was for nothing. With more transmissions
    // nobody can tell; with only one the network has made two.
    if (chunk != nullptr && chunk->transmissions != 2) continue;
    if (chunk == nullptr && !state_.flow.undo.recovering()) continue;
    if (!known_spurious_.Has(tsn)) OnSpurious(tsn);
  }
}

void AckReader::Finish(TimePoint now, std::size_t flight_before, Acked& acked) {
  Outstanding& chunks = state_.flight.outstanding;
  PathFlow& flow = state_.flow;
  if (acked.rtt > Duration::zero()) flow.round_trip.OnSample(acked.rtt);
  if (acked.delivered_bytes > 0)
    flow.rate.OnDelivered(acked.delivered_bytes - acked.reported_late_bytes, now);
  losses_.Find(now, acked);
  state_.flight.packets.Trim();
  // The peer has withdrawn what gap blocks said (RFC 9260 section 6.2.1): with that chunk, the
  // cumulative TSN would be further.
  if (chunks.acked().Contains(chunks.cumulative() + 1)) chunks.ForgetAcked();
  if (flow.undo.OnCumulative(chunks.cumulative())) flow.rack.OnRecoveryEnd();
  SetRate(now, flight_before, acked);

  if (chunks.abandoned() > 0 || state_.skipping.deadline() != TimePoint::max())
    state_.skipping.Update(chunks, state_.messages.slots(), now);
  if (acked.progress) {
    // What the timers had asked for has been answered.
    state_.extra.Clear();
    flow.timer.OnProgress(now, chunks.in_flight() > 0, flow.round_trip);
  } else if (chunks.in_flight() == 0) {
    flow.timer.Stop();
  }
}

void AckReader::SetRate(TimePoint now, std::size_t flight_before, const Acked& acked) {
  PathFlow& flow = state_.flow;

  AckEvent event;
  event.now = now;
  event.delivered_bytes = acked.delivered_bytes;
  event.lost_bytes = acked.lost_bytes;
  event.new_recovery = acked.new_recovery;
  event.flight_before_bytes = flight_before;
  event.flight_bytes = state_.flight.bytes();
  event.delivered_total_bytes = flow.rate.delivered_bytes();
  event.rtt = acked.rtt;
  event.smoothed_rtt = flow.round_trip.smoothed();

  if (acked.newest_known)
    event.rate = flow.rate.Take(acked.newest.rate, acked.newest.sent, flow.round_trip.least());
  if (acked.delivered_bytes == 0 && acked.lost_bytes == 0) return;
  flow.congestion->OnAck(event);
  state_.SetPace();
}

}  // namespace sctp
