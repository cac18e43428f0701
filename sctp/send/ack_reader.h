// Reads SACKs: what arrived, how long it took, what was sent again for nothing; and what follows
// for losses, the rate and the timers. RFC 9260 section 6.2.1. Where possible it distinguishes the
// answer to a second transmission from that to the first (Karn, Eifel, copies.h).
//
// Owned by the sender.
#pragma once

#include "sctp/send/known_spurious.h"
#include "sctp/send/loss_finder.h"
#include "sctp/send/send_state.h"
#include "sctp/wire/sack_chunk.h"

namespace sctp {

enum class SackOutcome { kTaken, kStale, kInvalid };

class AckReader {
 public:
  // Both outlive it.
  AckReader(SendState& state, LossFinder& losses) : state_(state), losses_(losses) {}

  [[nodiscard]] SackOutcome OnSack(const SackView& sack, TimePoint now);
  // The cumulative TSN of a SHUTDOWN, which counts as a SACK without blocks.
  [[nodiscard]] SackOutcome OnCumulative(Tsn cumulative, TimePoint now);
  // Call it when LossFinder::deadline() has come.
  void OnTime(TimePoint now);
  // What was sent until now went by another path: if it arrives after all, that says nothing about
  // the path in use.
  void OnMoved() { moved_at_ = state_.flight.packets.end(); }

 private:
  // Whether this SACK can be an answer to what we sent.
  [[nodiscard]] bool IsPlausible(const SackView& sack) const;
  void TakeCumulative(Tsn cumulative, TimePoint now, Acked& acked);
  void TakeGaps(const SackView& sack, TimePoint now, Acked& acked);
  void TakeDuplicates(const SackView& sack, Acked& acked);
  // CHUNK has arrived: takes its round trip, if that is certain, and what it says about the rate.
  void OnDelivered(Tsn tsn, SentChunk& chunk, TimePoint now, Acked& acked);
  // Whether an acknowledgement that came AGE after CHUNK was sent can be that of its copy.
  [[nodiscard]] bool MayBeItsCopy(const SentChunk& chunk, Duration age) const;
  // TSN was sent again although it was not lost.
  void OnSpurious(Tsn tsn);
  void Finish(TimePoint now, std::size_t flight_before, Acked& acked);
  void SetRate(TimePoint now, std::size_t flight_before, const Acked& acked);

  SendState& state_;
  LossFinder& losses_;
  PacketNumber moved_at_;  // packets with lower numbers went by another path
  KnownSpurious known_spurious_;
};

}  // namespace sctp
