// Finds which of what is on its way is lost: by RACK's order and time, by a timeout, or because
// SACKs have no room to report it. What is lost waits in Flight to be sent again.
//
// Owned by the sender. After each call the caller handles what ACKED contains.
#pragma once

#include <optional>

#include "sctp/send/send_state.h"

namespace sctp {

class LossFinder {
 public:
  // STATE outlives it.
  explicit LossFinder(SendState& state) : state_(state) {}

  // A SACK was read. TOLD_UNTIL is the last TSN for which it had room; nullopt: it had room for
  // all. What earlier SACKs had no room for, and this one does not name, is lost.
  void OnSack(std::optional<Tsn> reported_until, Acked& acked);
  // Call it after each SACK, and at deadline().
  void Find(TimePoint now, Acked& acked);
  // Only the oldest is sent again. If the answer says that it had arrived, the others are lost,
  // too, by RACK; if the others are acknowledged, nothing was lost (F-RTO's question, RFC 5682).
  void OnTimeout(TimePoint now);
  // The question about the former path gets no answer.
  void OnMoved() { deadline_ = TimePoint::max(); }

  [[nodiscard]] TimePoint deadline() const { return deadline_; }

 private:
  void OnPacketLost(PacketNumber number, TimePoint now, Acked& acked);
  // CHUNK or its copy was lost, in packet NUMBER. True: the other one is still on its way.
  [[nodiscard]] bool IsOutlived(PacketNumber number, SentChunk& chunk, TimePoint now, Acked& acked);
  void OnChunkLost(Tsn tsn, SentChunk& chunk, Acked& acked);
  void SettleUnreported(TimePoint now);
  void TakeReportedLate(Acked& acked);

  SendState& state_;
  TimePoint deadline_ = TimePoint::max();
  // The last SACK had no room for later ones.
  std::optional<Tsn> reported_until_;
  PacketNumber settled_until_;  // earlier packets are settled (SettleUnreported)
};

}  // namespace sctp
