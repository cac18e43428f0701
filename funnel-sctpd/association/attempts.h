// Connecting to a peer by several candidates in parallel, in the spirit of RFC 8305: the first one
// begins at once, the next one when the last has had a head start or has failed, and the first that
// is up wins. So a candidate that is dead costs its head start, not the whole connect-timeout. No
// I/O: the owner connects, and withdraws those that lost.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "funnel-sctpd/route/candidate.h"

namespace funnel::sctpd {

class Attempts {
 public:
  // Each holds an association of the engine.
  static constexpr std::size_t kMaxAtOnce = 16;

  struct HeadStart {
    Duration usual{};
    // Before one of a worse priority, or to another peer that shares the name: one lost packet
    // should not decide for it.
    Duration before_worse{};
  };
  struct Running {
    AssociationId id;
    Candidate candidate;
    TimePoint began;
  };

  // A new round; what an earlier one had under way is forgotten. DEAD: it fell silent just now, and
  // has no head start.
  void Begin(std::vector<Candidate> candidates, HeadStart head_start, TimePoint now,
             const std::optional<Candidate>& dead = std::nullopt);
  void Clear();

  // The candidate to begin now; nullptr: none is due. Either of the next two calls must follow.
  [[nodiscard]] const Candidate* Due(TimePoint now) const;
  void OnBegun(AssociationId id, TimePoint now);
  // It could not even be begun: the next one is due.
  void OnNotBegun(TimePoint now);
  // False: it is not one of ours. The next one is due at once.
  bool OnFailed(AssociationId id, const std::string& reason, TimePoint now);
  // The one that is up; the others are to be withdrawn. The round is over.
  [[nodiscard]] std::vector<AssociationId> OnUp(AssociationId id);

  // When Due() may answer; TimePoint::max(): when one has failed, or never.
  [[nodiscard]] TimePoint NextTimer() const;
  [[nodiscard]] const Running* Find(AssociationId id) const;
  [[nodiscard]] const std::vector<Running>& running() const { return running_; }
  // Nothing is under way, and nothing is left to be begun.
  [[nodiscard]] bool over() const { return running_.empty() && at_ == candidates_.size(); }
  // Why direct SCTP did not serve in this round: it failed, or had its head start and gave no
  // answer. nullopt: it was not begun, or not long enough ago to know.
  [[nodiscard]] std::optional<std::string> DirectFailure(TimePoint now) const;

 private:
  std::vector<Candidate> candidates_;
  std::size_t at_ = 0;  // the next to begin
  HeadStart head_start_;
  std::optional<Candidate> dead_;
  std::vector<Running> running_;
  TimePoint due_{};
  std::optional<std::string> direct_failure_;
};

}  // namespace funnel::sctpd
