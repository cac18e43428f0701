// Chunks that were sent and are not cumulatively acknowledged, by TSN, with the state of each.
// Chunks that gap blocks acknowledge stay, because the peer may withdraw that (RFC 9260 section
// 6.2.1).
#pragma once

#include <optional>

#include "sctp/base/ring.h"
#include "sctp/base/tsn_runs.h"
#include "sctp/loss/packet_records.h"
#include "sctp/send/send_queue.h"

namespace sctp {

struct SentChunk {
  enum class State : std::uint8_t {
    kInFlight,
    kLost,        // waits to be sent again
    kAcked,       // by a gap block
    kAbandoned,   // given up; the peer must skip it
    kUnreported,  // not on its way any more; no SACK had room to say whether it came
  };
  Fragment fragment;
  State state = State::kInFlight;
  std::uint8_t transmissions = 0;  // stays at its maximum; a copy does not count
  std::uint16_t copied_later = 0;  // its copy was sent so many packets after `packet`; 0: there is
                                   // none
  PacketNumber packet;             // of the last transmission
  TimePoint sent{};
};
static_assert(sizeof(SentChunk) <= 40, "there may be 32,768 of them");

class Outstanding {
 public:
  using State = SentChunk::State;
  explicit Outstanding(Tsn initial) : initial_(initial), acked_(initial - 1u) {}

  // A new chunk in flight; returns its TSN.
  Tsn Add(const Fragment& fragment);
  [[nodiscard]] SentChunk* Find(Tsn tsn);
  void SetState(SentChunk& chunk, Tsn tsn, State state);
  // The first that must be sent again.
  [[nodiscard]] std::optional<Tsn> FirstLost();
  // The first up to and including UNTIL about which no SACK has said anything.
  [[nodiscard]] std::optional<Tsn> FirstUnreported(Tsn until);
  // The last one in flight, for a probe.
  [[nodiscard]] std::optional<Tsn> LastInFlight();

  // The oldest is cumulatively acknowledged, or skipped.
  void PopFront();
  [[nodiscard]] const SentChunk& front() const { return chunks_.front(); }

  [[nodiscard]] bool empty() const { return chunks_.empty(); }
  [[nodiscard]] std::size_t size() const { return chunks_.size(); }
  [[nodiscard]] std::size_t lost() const { return counts_[Index(State::kLost)]; }
  [[nodiscard]] std::size_t in_flight() const { return counts_[Index(State::kInFlight)]; }
  [[nodiscard]] std::size_t unreported() const { return counts_[Index(State::kUnreported)]; }
  [[nodiscard]] std::size_t abandoned() const { return counts_[Index(State::kAbandoned)]; }
  // Payload that the peer has not acknowledged.
  [[nodiscard]] std::size_t unacked_bytes() const { return unacked_bytes_; }
  [[nodiscard]] Tsn cumulative() const { return TsnOf(chunks_.begin_number()) - 1u; }
  [[nodiscard]] Tsn next_tsn() const { return TsnOf(chunks_.end_number()); }

  // It is neither known to have arrived, nor given up.
  [[nodiscard]] static bool Unacked(State state) {
    return state == State::kInFlight || state == State::kLost || state == State::kUnreported;
  }

  // What gap blocks had acknowledged must be sent again after all.
  void ForgetAcked();
  // What gap blocks acknowledged; callers keep it consistent.
  [[nodiscard]] TsnRuns& acked() { return acked_; }

 private:
  [[nodiscard]] static std::size_t Index(State state) { return static_cast<std::size_t>(state); }
  [[nodiscard]] Tsn TsnOf(std::uint64_t number) const {
    return initial_ + static_cast<std::uint32_t>(number);
  }
  [[nodiscard]] std::optional<Tsn> FirstOf(State state, std::uint64_t& hint, std::uint64_t end);

  Tsn initial_;
  Ring<SentChunk> chunks_;
  std::size_t counts_[5]{};
  std::size_t unacked_bytes_ = 0;
  // No chunk before these numbers is lost, or unreported.
  std::uint64_t lost_hint_ = 0, unreported_hint_ = 0;
  TsnRuns acked_;
};

}  // namespace sctp
