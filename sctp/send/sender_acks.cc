// Sender: what SACKs and the clock tell.
#include <algorithm>

#include "sctp/send/sender.h"

namespace sctp {
namespace {

using State = SentChunk::State;

// A SACK with so many blocks may have had no room for more: about what lies beyond the last one it
// says nothing.
constexpr std::size_t kPerhapsCutShort = 128;

}  // namespace

bool Sender::Plausible(const SackView& sack) const {
  if (sack.cumulative >= outstanding_.next_tsn()) return false;
  std::uint32_t before = 1;
  for (std::size_t i = 0; i < sack.gaps(); ++i) {
    const GapBlock gap = sack.gap(i);
    if (gap.start <= before || gap.end < gap.start ||
        sack.cumulative + gap.end >= outstanding_.next_tsn())
      return false;
    before = gap.end;
  }
  return true;
}

Sender::SackOutcome Sender::OnSack(const SackView& sack, TimePoint now) {
  if (sack.cumulative < outstanding_.cumulative()) {
    ++counters_.sacks_stale;
    return SackOutcome::kStale;
  }
  if (!Plausible(sack)) {
    ++counters_.sacks_invalid;
    return SackOutcome::kInvalid;
  }
  acknowledged_ = now;
  const std::size_t flight_before = records_.flight_bytes();
  Acked acked;
  flow_.rack.BeginSack();
  TakeCumulative(sack.cumulative, now, acked);
  TakeGaps(sack, now, acked);
  TakeDuplicates(sack, acked);
  told_until_.reset();
  if (sack.gaps() >= kPerhapsCutShort)
    told_until_ = sack.cumulative + sack.gap(sack.gaps() - 1).end;
  TakeToldLate(acked);
  peer_window_ = sack.window_bytes;
  FinishAck(now, flight_before, acked);
  return SackOutcome::kTaken;
}

Sender::SackOutcome Sender::OnCumulative(Tsn cumulative, TimePoint now) {
  if (cumulative < outstanding_.cumulative()) return SackOutcome::kStale;
  if (cumulative >= outstanding_.next_tsn()) return SackOutcome::kInvalid;
  const std::size_t flight_before = records_.flight_bytes();
  Acked acked;
  flow_.rack.BeginSack();
  TakeCumulative(cumulative, now, acked);
  FinishAck(now, flight_before, acked);
  return SackOutcome::kTaken;
}

void Sender::TakeCumulative(Tsn cumulative, TimePoint now, Acked& acked) {
  for (Tsn tsn = outstanding_.cumulative() + 1; tsn <= cumulative; ++tsn) {
    SentChunk& chunk = *outstanding_.Find(tsn);
    if (Outstanding::Unacked(chunk.state)) OnDelivered(tsn, chunk, now, acked);
    acked.progress = true;
    ReleaseFront();
  }
}

void Sender::TakeGaps(const SackView& sack, TimePoint now, Acked& acked) {
  for (std::size_t i = 0; i < sack.gaps(); ++i) {
    const TsnRun run{sack.cumulative + sack.gap(i).start, sack.cumulative + sack.gap(i).end};
    outstanding_.acked().ForMissing(run, [&](TsnRun part) {
      for (Tsn tsn = part.first; tsn <= part.last; ++tsn) {
        SentChunk& chunk = *outstanding_.Find(tsn);
        if (!Outstanding::Unacked(chunk.state)) continue;
        OnDelivered(tsn, chunk, now, acked);
        outstanding_.SetState(chunk, tsn, State::kAcked);
      }
    });
    (void)outstanding_.acked().AddRange(run);
  }
}

void Sender::OnDelivered(Tsn tsn, SentChunk& chunk, TimePoint now, Acked& acked) {
  const std::size_t size = ChunkSize(chunk.fragment);
  const Duration rtt = now - chunk.sent;
  const bool doubtful = MayBeItsCopy(chunk, rtt);
  const bool first = chunk.transmissions == 1 && !doubtful;
  acked.delivered_bytes += size;
  acked.progress = true;
  if (chunk.state == State::kUntold || chunk.packet < moved_at_) {
    // It came some time ago; when, nobody knows. Or by another path.
    acked.told_late_bytes += size;
    return;
  }
  // An earlier transmission than the last has arrived: no answer is faster than the path, which may
  // be a little shorter than it was ever seen to be.
  const Duration least = flow_.round_trip.least() - flow_.round_trip.least() / 8;
  const bool earlier = chunk.transmissions > 1 && flow_.round_trip.known() && rtt < least;
  if (chunk.state == State::kLost || earlier) OnSpurious(tsn);
  PacketRecord* record = records_.Find(chunk.packet);
  if (chunk.state == State::kInFlight) {
    if (record != nullptr && !earlier &&
        (!acked.newest_known || acked.newest_packet < chunk.packet)) {
      acked.newest_known = true;
      acked.newest_packet = chunk.packet;
      acked.newest = *record;
    }
    if (doubtful) copies_.OnDoubtful(tsn, size, rtt, now + flow_.round_trip.smoothed());
    LeaveFlight(chunk);
  }
  if (earlier) return;
  flow_.rack.OnDelivered(chunk.packet, rtt, first);
  // Of what was sent twice it cannot be told for certain which one is answered (Karn).
  if (first && chunk.state == State::kInFlight &&
      (acked.rtt == Duration::zero() || rtt < acked.rtt))
    acked.rtt = rtt;
}

void Sender::OnSpurious(Tsn tsn) {
  ++counters_.spurious;
  ++flow_.counters.spurious;
  known_spurious_[known_spurious_count_++ % kKnownSpurious] = tsn;
  flow_.rack.OnSpurious(PacketNumber(records_.end().value()));
  if (!flow_.undo.OnSpurious()) return;
  ++counters_.undone;
  flow_.congestion->OnUndo();
  flow_.timer.OnUndo();
}

// The peer got these twice. Where we sent them twice because we thought them lost, they were not.
void Sender::TakeDuplicates(const SackView& sack, Acked& acked) {
  const std::size_t known = std::min(known_spurious_count_, kKnownSpurious);
  for (std::size_t i = 0; i < sack.duplicates(); ++i) {
    const Tsn tsn = sack.duplicate(i);
    if (tsn >= outstanding_.next_tsn() || (probed_ && tsn == probe_tsn_)) continue;
    if (copies_.Had(tsn)) {
      const auto rtt = copies_.OnDuplicate(tsn);
      if (rtt && (acked.rtt == Duration::zero() || *rtt < acked.rtt)) acked.rtt = *rtt;
      continue;
    }
    const SentChunk* chunk = outstanding_.Find(tsn);
    // Two transmissions that both arrived: the second was for nothing. Of more it cannot be told;
    // of one alone the network has made two.
    if (chunk != nullptr && chunk->transmissions != 2) continue;
    if (chunk == nullptr && !flow_.undo.recovering()) continue;
    const auto end = known_spurious_.begin() + static_cast<std::ptrdiff_t>(known);
    if (std::find(known_spurious_.begin(), end, tsn) == end) OnSpurious(tsn);
  }
}

void Sender::DetectLosses(TimePoint now, Acked& acked) {
  reorder_deadline_ =
      flow_.rack.DetectLosses(records_, flow_.round_trip, now,
                              [&](PacketNumber number) { OnPacketLost(number, now, acked); });
}

void Sender::OnPacketLost(PacketNumber number, TimePoint now, Acked& acked) {
  const PacketRecord* record = records_.Find(number);
  records_.ForTsns(*record, [&](Tsn tsn) {
    SentChunk* chunk = outstanding_.Find(tsn);
    if (chunk == nullptr || chunk->state != State::kInFlight) return;
    const bool is_copy = chunk->packet.value() + chunk->copied_later == number.value();
    if (chunk->packet != number && !is_copy) return;
    if (OutlivedBy(number, *chunk, now, acked)) return;
    LeaveFlight(*chunk);
    if (told_until_ && tsn > *told_until_)
      outstanding_.SetState(*chunk, tsn, State::kUntold);
    else
      OnChunkLost(tsn, *chunk, acked);
  });
}

void Sender::OnChunkLost(Tsn tsn, SentChunk& chunk, Acked& acked) {
  acked.lost_bytes += ChunkSize(chunk.fragment);
  outstanding_.SetState(chunk, tsn, State::kLost);
  ++counters_.lost_chunks;
  ++flow_.counters.lost_chunks;
  acked.new_recovery |= flow_.undo.OnLost(outstanding_.next_tsn());
}

// What is sent later than all that SACKs have room for may be through or lost: after a timeout's
// time it is not on its way, and must not keep back what is known to be lost. Otherwise, after an
// overshoot, nothing could leave that would bring the next SACK.
void Sender::SettleUntold(TimePoint now) {
  if (!told_until_) return;
  settled_until_ = std::max(settled_until_, records_.begin());
  for (; settled_until_ < records_.end();
       settled_until_ = PacketNumber(settled_until_.value() + 1)) {
    const PacketRecord& record = *records_.Find(settled_until_);
    const TimePoint gone = record.sent + flow_.round_trip.Rto();
    if (gone > now) {
      reorder_deadline_ = std::min(reorder_deadline_, gone);
      return;
    }
    records_.ForTsns(record, [&](Tsn tsn) {
      SentChunk* chunk = outstanding_.Find(tsn);
      if (chunk == nullptr || chunk->packet != settled_until_ || tsn <= *told_until_ ||
          chunk->state != State::kInFlight)
        return;
      LeaveFlight(*chunk);
      outstanding_.SetState(*chunk, tsn, State::kUntold);
    });
  }
}

// SACKs speak now of what they had no room for, and do not say that it came.
void Sender::TakeToldLate(Acked& acked) {
  const Tsn until = told_until_.value_or(outstanding_.next_tsn() - 1u);
  while (const auto tsn = outstanding_.FirstUntold(until))
    OnChunkLost(*tsn, *outstanding_.Find(*tsn), acked);
}

void Sender::FinishAck(TimePoint now, std::size_t flight_before, Acked& acked) {
  if (acked.rtt > Duration::zero()) flow_.round_trip.OnSample(acked.rtt);
  if (acked.delivered_bytes > 0)
    flow_.rate.OnDelivered(acked.delivered_bytes - acked.told_late_bytes, now);
  DetectLosses(now, acked);
  while (const auto lost = copies_.TakeLost(now)) {
    acked.lost_bytes += *lost;
    ++counters_.lost_chunks;
  }
  SettleUntold(now);
  // Nothing is under way or waits to be sent again that would bring word of them.
  if (outstanding_.untold() > 0 && outstanding_.in_flight() + outstanding_.lost() == 0) {
    told_until_.reset();
    TakeToldLate(acked);
  }
  records_.Trim();
  // The peer has taken back what gap blocks said (RFC 9260 section 6.2.1): with that chunk, the
  // cumulative TSN would be further.
  if (outstanding_.acked().Contains(outstanding_.cumulative() + 1)) outstanding_.ForgetAcked();
  if (flow_.undo.OnCumulative(outstanding_.cumulative())) flow_.rack.OnRecoveryEnd();
  AckEvent event;
  event.now = now;
  event.delivered_bytes = acked.delivered_bytes;
  event.lost_bytes = acked.lost_bytes;
  event.new_recovery = acked.new_recovery;
  event.flight_before_bytes = flight_before;
  event.flight_bytes = records_.flight_bytes();
  event.delivered_total_bytes = flow_.rate.delivered_bytes();
  event.rtt = acked.rtt;
  event.smoothed_rtt = flow_.round_trip.smoothed();
  if (acked.newest_known)
    event.rate = flow_.rate.Take(acked.newest.rate, acked.newest.sent, flow_.round_trip.least());
  if (acked.delivered_bytes > 0 || acked.lost_bytes > 0) {
    flow_.congestion->OnAck(event);
    if (settings_.pacing) flow_.pacer.SetRate(flow_.congestion->pacing_rate());
  }
  if (outstanding_.abandoned() > 0 || skipping_.deadline() != TimePoint::max())
    skipping_.Update(outstanding_, slots_, now);
  if (acked.progress) {
    // What the timers asked for has been answered.
    probe_due_ = retransmit_due_ = false;
    flow_.timer.OnProgress(now, outstanding_.in_flight() > 0, flow_.round_trip);
  } else if (outstanding_.in_flight() == 0) {
    flow_.timer.Stop();
  }
}

void Sender::OnTimer(TimePoint now) {
  if (reorder_deadline_ <= now) {
    Acked acked;
    FinishAck(now, records_.flight_bytes(), acked);
  }
  if (outstanding_.in_flight() == 0) return;
  switch (flow_.timer.OnTimer(now, flow_.round_trip)) {
    case RetransmissionTimer::Fired::kNothing:
      return;
    case RetransmissionTimer::Fired::kProbe:
      ++counters_.probes;
      probe_due_ = true;
      return;
    case RetransmissionTimer::Fired::kTimeout:
      break;
  }
  // Only the oldest is sent again: if what comes back tells that it arrived, the rest is lost too,
  // by RACK; if the rest is acknowledged, nothing was (F-RTO's question, RFC 5682).
  ++counters_.timeouts;
  Acked acked;
  records_.Trim();
  told_until_.reset();  // whatever the reason, nothing has been said for long
  OnPacketLost(records_.begin(), now, acked);
  records_.Trim();
  retransmit_due_ = true;
  flow_.congestion->OnTimeout();
}

}  // namespace sctp
