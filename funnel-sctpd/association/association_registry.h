// The associations of this node, by the engine's numbers: counts their states for the gauge, and
// knows when each must be looked at next. Owned by the AssociationTable; its parts borrow it.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "funnel-sctpd/association/association.h"
#include "funnel-sctpd/registry.h"
#include "funnel-sctpd/shared_state.h"

namespace funnel::sctpd {

class AssociationRegistry {
 public:
  using Map = Registry<AssociationId, Association>::Map;

  explicit AssociationRegistry(SharedState& shared) : shared_(shared) {}

  Association& Add(std::unique_ptr<Association> association) {
    const AssociationId id = association->id();
    return associations_.Add(id, std::move(association));
  }
  // nullptr: there is none.
  [[nodiscard]] Association* Find(AssociationId id) {
    if (recent_ != nullptr && recent_->id() == id) return recent_;
    Association* found = associations_.Find(id);
    if (found != nullptr) recent_ = found;
    return found;
  }
  // The same, if somebody may still use it: nullptr also if it is ending.
  [[nodiscard]] Association* FindAlive(AssociationId id) {
    Association* found = Find(id);
    return found == nullptr || found->state() == AssociationState::kEnding ? nullptr : found;
  }
  void Clear() { associations_.Clear(); }
  void Remove(const Association& association) {
    if (recent_ == &association) recent_ = nullptr;
    associations_.Remove(association.id());
  }

  // Each change of a state goes through here, so that the gauge follows it.
  void SetState(Association& association, Association::StateData state, std::string_view reason) {
    up_ -= association.up();
    association.SetState(std::move(state), reason);
    up_ += association.up();
    shared_.counters[kAssociationsUp] = up_;
  }

  void SetDeadline(Association& association, TimePoint at) {
    due_.Set(association.deadline, at);
    shared_.work();
  }
  [[nodiscard]] TimePoint NextTimer() const { return due_.next(); }
  template <typename OnDue>
  void RunDue(TimePoint now, OnDue&& on_due) {
    due_.RunDue(now, std::forward<OnDue>(on_due));
  }

  // For loops over all of them, which are counted.
  [[nodiscard]] const Map& All() const { return associations_.All(); }
  [[nodiscard]] std::uint64_t walked() const { return associations_.walked(); }

 private:
  SharedState& shared_;
  Deadlines<Association> due_;  // outlives them
  Registry<AssociationId, Association> associations_;
  std::size_t up_ = 0;
  // The last one for which a message came: most messages come in runs.
  Association* recent_ = nullptr;
};

}  // namespace funnel::sctpd
