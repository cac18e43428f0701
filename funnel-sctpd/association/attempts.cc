#include "funnel-sctpd/association/attempts.h"

#include <algorithm>

namespace funnel::sctpd {

void Attempts::Begin(std::vector<Candidate> candidates, HeadStart head_start, TimePoint now,
                     const std::optional<Candidate>& dead) {
  Clear();
  candidates_ = std::move(candidates);
  head_start_ = head_start;
  dead_ = dead;
  due_ = now;
}

void Attempts::Clear() { *this = Attempts(); }

const Candidate* Attempts::Due(TimePoint now) const {
  if (at_ == candidates_.size() || running_.size() >= kMaxAtOnce || now < due_) return nullptr;
  return &candidates_[at_];
}

void Attempts::OnBegun(AssociationId id, TimePoint now) {
  const Candidate& candidate = candidates_[at_];
  running_.push_back({id, candidate, now});
  ++at_;
  if (dead_ && *dead_ == candidate) {
    due_ = now;
  } else {
    bool worse = at_ < candidates_.size() && candidates_[at_].priority != candidate.priority;
    due_ =
        now + (worse ? std::max(head_start_.usual, head_start_.before_worse) : head_start_.usual);
  }
}

void Attempts::OnNotBegun(TimePoint now) {
  ++at_;
  due_ = now;
}

bool Attempts::OnFailed(AssociationId id, const std::string& reason, TimePoint now) {
  auto found = std::ranges::find(running_, id, &Running::id);
  if (found == running_.end()) return false;
  if (found->candidate.carrier == sctp::Carrier::kDirect) direct_failure_ = reason;
  running_.erase(found);
  due_ = now;
  return true;
}

std::vector<AssociationId> Attempts::OnUp(AssociationId id) {
  std::vector<AssociationId> losers;
  for (const Running& one : running_)
    if (one.id != id) losers.push_back(one.id);
  Clear();
  return losers;
}

TimePoint Attempts::NextTimer() const {
  if (at_ == candidates_.size() || running_.size() >= kMaxAtOnce) return TimePoint::max();
  return due_;
}

const Attempts::Running* Attempts::Find(AssociationId id) const {
  auto found = std::ranges::find(running_, id, &Running::id);
  return found == running_.end() ? nullptr : &*found;
}

std::optional<std::string> Attempts::DirectFailure(TimePoint now) const {
  if (direct_failure_) return direct_failure_;
  for (const Running& one : running_)
    if (one.candidate.carrier == sctp::Carrier::kDirect && now - one.began >= head_start_.usual)
      return "no answer";
  return std::nullopt;
}

}  // namespace funnel::sctpd
