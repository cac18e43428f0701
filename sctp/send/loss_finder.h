// Which of what is on its way is lost: by RACK's order and time, by a timeout, or because SACKs
// have no room to speak of it. What is found lost waits in Flight to be sent again.
//
// Owned by the sender. Whoever calls goes on with what ACKED has then.
#pragma once

#include <optional>

#include "sctp/send/send_state.h"

namespace sctp {

class LossFinder {
 public:
  // STATE outlives it.
  explicit LossFinder(SendState& state) : state_(state) {}

  // A SACK was read. TOLD_UNTIL: the last TSN of which it had room to speak; nullopt: it had room
  // for all. What earlier ones had no room for, and this one does not name, is lost.
  void OnSack(std::optional<Tsn> told_until, Acked& acked);
  // After each SACK, and at deadline().
  void Find(TimePoint now, Acked& acked);
  // Only the oldest is sent again: if what comes back tells that it arrived, the rest is lost too,
  // by RACK; if the rest is acknowledged, nothing was (F-RTO's question, RFC 5682).
  void OnTimeout(TimePoint now);
  // What was being found out about the path that is left has no answer.
  void OnMoved() { deadline_ = TimePoint::max(); }

  [[nodiscard]] TimePoint deadline() const { return deadline_; }

 private:
  void OnPacketLost(PacketNumber number, TimePoint now, Acked& acked);
  // CHUNK was lost, or its copy, in packet NUMBER. True: the other one is on its way still.
  [[nodiscard]] bool IsOutlived(PacketNumber number, SentChunk& chunk, TimePoint now, Acked& acked);
  void OnChunkLost(Tsn tsn, SentChunk& chunk, Acked& acked);
  void SettleUntold(TimePoint now);
  void TakeToldLate(Acked& acked);

  SendState& state_;
  TimePoint deadline_ = TimePoint::max();
  // The last SACK had no room to speak of later ones.
  std::optional<Tsn> told_until_;
  PacketNumber settled_until_;  // what was to be settled of earlier packets is (SettleUntold)
};

}  // namespace sctp
