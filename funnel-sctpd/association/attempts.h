// Connects to a peer by several candidates in parallel, in the spirit of RFC 8305: the first begins
// at once, the next one after a head start or when the previous one has failed, and the first that
// is up wins. So a dead candidate costs its head start, not the whole connect-timeout. No I/O: the
// owner connects, and withdraws those that lost.
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
    // Used before a candidate of a worse priority, or of another host that shares the name: one
    // lost packet should not decide for it.
    Duration before_worse{};
  };
  struct Running {
    AssociationId id;
    Candidate candidate;
    TimePoint began;
  };

  // Begins a new round and forgets what an earlier one had begun. DEAD fell silent just now, and
  // gets no head start.
  void Begin(std::vector<Candidate> candidates, HeadStart head_start, TimePoint now,
             const std::optional<Candidate>& dead = std::nullopt);
  void Clear();

  // The candidate to begin now; nullptr: none is due. One of the next two calls must follow.
  [[nodiscard]] const Candidate* Due(TimePoint now) const;
  void OnBegun(AssociationId id, TimePoint now);
  // It could not be begun: the next one is due.
  void OnNotBegun(TimePoint now);
  // False: it is not one of these. The next one is due at once.
  bool OnFailed(AssociationId id, const std::string& reason, TimePoint now);
  // ID is up; returns the others, which must be withdrawn. The round is over.
  [[nodiscard]] std::vector<AssociationId> OnUp(AssociationId id);

  // When Due() may return one; TimePoint::max(): after one has failed, or never.
  [[nodiscard]] TimePoint NextTimer() const;
  [[nodiscard]] const Running* Find(AssociationId id) const;
  [[nodiscard]] const std::vector<Running>& running() const { return running_; }
  // None is in progress, and none is left to begin.
  [[nodiscard]] bool over() const { return running_.empty() && at_ == candidates_.size(); }
  // Why direct SCTP did not work in this round: it failed, or did not answer during its head start.
  // nullopt: it was not begun, or too recently to know.
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
