// What SACKs tell: what came, how long it took, what was sent again for nothing; and what follows
// from it for losses, the rate and the timers. RFC 9260 section 6.2.1; a second transmission's
// answer is told from the first's where that can be (Karn, Eifel, copies.h).
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
  // The cumulative TSN of a SHUTDOWN counts as that of a SACK without blocks.
  [[nodiscard]] SackOutcome OnCumulative(Tsn cumulative, TimePoint now);
  // LossFinder::deadline() has come.
  void OnTime(TimePoint now);
  // What was sent until now went by another path: what comes of it after all tells nothing of the
  // one in use.
  void OnMoved() { moved_at_ = state_.flight.packets.end(); }

 private:
  [[nodiscard]] bool IsPlausible(const SackView& sack) const;
  void TakeCumulative(Tsn cumulative, TimePoint now, Acked& acked);
  void TakeGaps(const SackView& sack, TimePoint now, Acked& acked);
  void TakeDuplicates(const SackView& sack, Acked& acked);
  void OnDelivered(Tsn tsn, SentChunk& chunk, TimePoint now, Acked& acked);
  // Whether an acknowledgement AGE after CHUNK was sent can be one of its copy.
  [[nodiscard]] bool MayBeItsCopy(const SentChunk& chunk, Duration age) const;
  void OnSpurious(Tsn tsn);
  void Finish(TimePoint now, std::size_t flight_before, Acked& acked);
  void SetRate(TimePoint now, std::size_t flight_before, const Acked& acked);

  SendState& state_;
  LossFinder& losses_;
  PacketNumber moved_at_;  // what is numbered below went by another path
  KnownSpurious known_spurious_;
};

}  // namespace sctp
