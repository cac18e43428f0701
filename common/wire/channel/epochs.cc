#include "common/wire/channel/epochs.h"

#include <algorithm>

namespace funnel::wire {

Epochs::Epochs(EpochKeys first, BootTime now) {
  live_.push_back(std::make_unique<EpochState>(Epoch(0), std::move(first), now));
  current_ = live_.front().get();
}

EpochState* Epochs::Find(Epoch number) {
  for (const auto& epoch : live_)
    if (epoch->number == number) return epoch.get();
  return nullptr;
}

EpochState& Epochs::Add(EpochKeys keys, BootTime now) {
  const Epoch next(static_cast<std::uint16_t>(current_->number.value() + 1));
  if (live_.back()->number == next) live_.pop_back();
  live_.push_back(std::make_unique<EpochState>(next, std::move(keys), now));
  return *live_.back();
}

NewEpochRecord Epochs::SwitchTo(EpochState& next, TimePoint now) {
  const NewEpochRecord end{current_->next_sequence, current_->reliable_sent};
  current_->superseded = now;
  current_ = &next;
  return end;
}

bool Epochs::SetEndBefore(Epoch number, const NewEpochRecord& end, TimePoint now) {
  if (number.value() == 0) return false;
  EpochState* old = Find(Epoch(static_cast<std::uint16_t>(number.value() - 1)));
  return old && old->arrivals.SetEnd(end.frames, end.reliable, now);
}

Epochs::Health Epochs::Retire(TimePoint now, Duration timeout) {
  Health health = Health::kGood;
  std::erase_if(live_, [&](const std::unique_ptr<EpochState>& epoch) {
    if (!epoch->superseded) return false;
    if (epoch->arrivals.AllArrived()) return true;
    if (now - *epoch->superseded < timeout) return false;
    // Expirable frames may never come; reliable ones must.
    if (!epoch->arrivals.AllReliableArrived()) health = Health::kMissing;
    return true;
  });
  for (const auto& epoch : live_) {
    const auto since = epoch->arrivals.missing_since();
    if (since && now - *since >= timeout) health = Health::kMissing;
  }
  return health;
}

std::optional<TimePoint> Epochs::NextDeadline(Duration timeout) const {
  std::optional<TimePoint> next;
  auto consider = [&](std::optional<TimePoint> since) {
    if (since && (!next || *since + timeout < *next)) next = *since + timeout;
  };
  for (const auto& epoch : live_) {
    consider(epoch->superseded);
    consider(epoch->arrivals.missing_since());
  }
  return next;
}

bool Epochs::NothingMissing() const {
  return std::all_of(live_.begin(), live_.end(), [](const std::unique_ptr<EpochState>& epoch) {
    return epoch->arrivals.missing() == 0 && (!epoch->superseded || epoch->arrivals.has_end());
  });
}

}  // namespace funnel::wire
