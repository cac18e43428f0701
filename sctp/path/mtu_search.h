// The largest packet that one path takes (RFC 8899): what was proven to get through, by probes that
// only ask, so that their loss means nothing else. Sizes are those of SCTP packets, header
// included.
//
// It begins with the size that every path must take, tries the largest at once, and halves the
// range while no answer comes. A size counts as too large when three probes of it were lost while
// something smaller got through; where nothing does, it is the path that is silent. What was proven
// is doubted when data of that size is lost again and again, and asked once more from time to time:
// where routers cut packets, nothing else shows that a path has become narrower.
#pragma once

#include <optional>

#include "sctp/base/types.h"
#include "sctp/path/path_nonce.h"

namespace sctp {

class MtuSearch {
 public:
  // RFC 8899 section 5.1.2, BASE_PLPMTU.
  static constexpr std::size_t kBase = 1200;
  // Probes of one size (MAX_PROBES).
  static constexpr int kTries = 3;
  // A gain of less than this is not searched for.
  static constexpr std::size_t kFine = 8;
  // A path may have become wider (PMTU_RAISE_TIMER), or narrower.
  static constexpr Duration kRaise = std::chrono::minutes(10);
  // Doubts are looked into once in this time.
  static constexpr Duration kDoubtPause = std::chrono::seconds(10);

  // LIMIT: larger ones are not wanted.
  explicit MtuSearch(std::size_t limit_bytes);

  // What may be sent.
  [[nodiscard]] std::size_t size_bytes() const { return size_; }
  [[nodiscard]] TimePoint NextTimer() const { return due_; }
  // When the last probe left, for OnTime's ALIVE.
  [[nodiscard]] TimePoint sent() const { return sent_; }

  // The time of a probe is over. ALIVE: something smaller has got through since it left. True:
  // size_bytes() has changed.
  [[nodiscard]] bool OnTime(bool alive, TimePoint now);
  // The size in bytes of the probe to send now, if any. The owner sends it with nonce(), a smaller
  // heartbeat behind it, and calls OnSent.
  [[nodiscard]] std::optional<std::size_t> Due(TimePoint now) const;
  void OnSent(const PathNonce& nonce, Duration patience, TimePoint now);
  // INFO of a HEARTBEAT ACK of that path. False: it answers another's.
  [[nodiscard]] bool OnAnswer(ByteView info, TimePoint now);
  // Data of that size does not seem to get through.
  void Doubt(TimePoint now);

 private:
  enum class State { kSearching, kDoubting, kDone };

  // DUE: when something is to be done in it; max(): nothing is.
  void SetState(State next, TimePoint due);
  // Searches, or doubts, from a probe of SIZE_BYTES on, at once.
  void Begin(State next, std::size_t size_bytes);
  // Asks for the next size, or ends the search.
  void Continue(TimePoint now);

  std::size_t limit_, size_;
  std::size_t high_;       // the largest that may still get through
  std::size_t probe_ = 0;  // what is asked
  State state_ = State::kDone;
  int lost_ = 0, silent_ = 0;
  bool out_ = false;
  TimePoint due_ = TimePoint::max(), sent_{}, doubted_{};
  // One for each try: a late answer to an earlier one counts as well.
  std::array<PathNonce, kTries> nonces_{};
  std::size_t tries_ = 0;
};

}  // namespace sctp
