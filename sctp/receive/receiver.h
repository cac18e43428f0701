// The receiving half of an association: which TSNs came, what becomes of their data, and what SACKs
// say of both. Holds no more than its window, and than a budget that it shares with others.
#pragma once

#include <array>

#include "sctp/base/tsn_runs.h"
#include "sctp/receive/ack_policy.h"
#include "sctp/receive/reassembly.h"
#include "sctp/receive/receive_budget.h"

namespace sctp {

class Receiver {
 public:
  struct Settings {
    Reassembly::Settings reassembly;
    AckPolicy::Settings ack;
    std::size_t window_bytes = 96 * 1024;
  };
  // PEER_TSN is the first that the peer will use. BUFFERS, SINK and BUDGET outlive it; BUDGET may
  // be nullptr.
  Receiver(const Settings& settings, Tsn peer_tsn, BufferPool& buffers, MessageSink& sink,
           ReceiveBudget* budget = nullptr);

  enum class Outcome {
    kTaken,
    kDuplicate,
    kNoRoom,      // beyond the window or budget; not acknowledged, so that it comes again
    kNoStream,    // acknowledged and dropped: there is no such stream
    kImpossible,  // acknowledged and dropped: no such message, no data, wrong form
    kTooLarge,    // the peer breaks the limit on messages
  };
  // Messages are delivered from inside. Call EndPacket behind the last one of a packet.
  Outcome OnData(const DataView& chunk);
  void EndPacket(TimePoint now);
  // False: of the form that was not agreed on, and ignored.
  bool OnForwardTsn(const ForwardTsnView& chunk, TimePoint now);

  // A larger window, which the peer learns at once.
  void SetWindow(std::size_t window_bytes, TimePoint now);
  // What it holds does not count in the budget any more.
  void LeaveBudget() { share_.Leave(); }

  [[nodiscard]] const AckPolicy& ack() const { return ack_; }
  // The next packet is to carry a SACK, whatever else.
  void AskForSack(TimePoint now) { ack_.OnUrgent(now); }
  // Writes a SACK with as many blocks as fit; false and nothing if not even a bare one does.
  bool WriteSack(BufferWriter& out);

  [[nodiscard]] Tsn cumulative() const { return tsns_.cumulative(); }
  [[nodiscard]] bool has_gaps() const { return !tsns_.empty(); }
  [[nodiscard]] std::size_t held_bytes() const { return reassembly_.held_bytes(); }
  [[nodiscard]] std::size_t window_bytes() const { return settings_.window_bytes; }

 private:
  [[nodiscard]] bool HasRoom(const DataView& chunk);
  // What becomes of a chunk whose TSN is new.
  [[nodiscard]] Outcome Take(const DataView& chunk);
  // What counts in the budget has changed.
  void UpdateShare() {
    share_.Set(reassembly_.held_bytes() + tsns_.runs().size() * sizeof(TsnRun));
  }

  Settings settings_;
  TsnRuns tsns_;
  Reassembly reassembly_;
  BudgetShare share_;
  AckPolicy ack_;
  // Reported once, then forgotten.
  static constexpr std::size_t kMaxDuplicates = 32;
  std::array<Tsn, kMaxDuplicates> duplicates_{};
  std::size_t duplicate_count_ = 0;
  AckPolicy::Arrival arrival_;
};

}  // namespace sctp
