#include "funnel-udpd/flow_ranks.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace funnel::udpd {
namespace {

constexpr std::size_t At(auto use) { return static_cast<std::size_t>(use); }

}  // namespace

void FlowRanks::Add(RankedFlow& flow, const std::string& group, TimePoint now) {
  flow.opened_ = flow.active_ = now;
  flow.use_ = Use::kUnanswered;
  flow.group_ = groups_.try_emplace(group).first;
  auto& own = flow.group_->second;
  flow.in_all_ = all_[At(flow.use_)].insert(all_[At(flow.use_)].end(), &flow);
  flow.in_group_ = own.lists[At(flow.use_)].insert(own.lists[At(flow.use_)].end(), &flow);
  ++own.size;
  ++size_;
}

void FlowRanks::Remove(RankedFlow& flow) {
  SetWaiting(flow, false);
  auto& own = flow.group_->second;
  all_[At(flow.use_)].erase(flow.in_all_);
  own.lists[At(flow.use_)].erase(flow.in_group_);
  --size_;
  if (--own.size == 0) groups_.erase(flow.group_);
}

void FlowRanks::Touch(RankedFlow& flow, Use use, TimePoint now) {
  auto& own = flow.group_->second.lists;
  all_[At(use)].splice(all_[At(use)].end(), all_[At(flow.use_)], flow.in_all_);
  own[At(use)].splice(own[At(use)].end(), own[At(flow.use_)], flow.in_group_);
  const bool waiting = flow.waiting_;
  SetWaiting(flow, false);
  flow.use_ = use;
  flow.active_ = now;
  SetWaiting(flow, waiting);
}

void FlowRanks::SetWaiting(RankedFlow& flow, bool waiting) {
  if (std::exchange(flow.waiting_, waiting) == waiting) return;
  auto& those = waiting_[At(flow.use_)];
  if (waiting)
    those.emplace(flow.active_, &flow);
  else
    those.erase({flow.active_, &flow});
}

RankedFlow* FlowRanks::MostUsefulWaiting() const {
  for (const Use use : {Use::kInUse, Use::kUnanswered, Use::kAnswered})
    if (!waiting_[At(use)].empty()) return waiting_[At(use)].rbegin()->second;
  return nullptr;
}

void FlowRanks::OnRequest(RankedFlow& flow, TimePoint now) {
  Touch(flow, flow.use_ == Use::kUnanswered ? Use::kUnanswered : Use::kInUse, now);
}

void FlowRanks::OnAnswer(RankedFlow& flow, TimePoint now) {
  Touch(flow, flow.use_ == Use::kUnanswered ? Use::kAnswered : Use::kInUse, now);
}

std::size_t FlowRanks::SizeOf(const std::string& group) const {
  const auto at = groups_.find(group);
  return at == groups_.end() ? 0 : at->second.size;
}

RankedFlow* FlowRanks::LeastUseful(const Lists& lists) {
  RankedFlow* least = nullptr;
  for (const Use use : {Use::kUnanswered, Use::kAnswered}) {
    if (lists[At(use)].empty()) continue;
    RankedFlow* oldest = lists[At(use)].front();
    if (least == nullptr || oldest->active_ < least->active_) least = oldest;
  }
  const auto& in_use = lists[At(Use::kInUse)];
  return least == nullptr && !in_use.empty() ? in_use.front() : least;
}

RankedFlow* FlowRanks::LeastUsefulOf(const std::string& group) const {
  const auto at = groups_.find(group);
  return at == groups_.end() ? nullptr : LeastUseful(at->second.lists);
}

RankedFlow* FlowRanks::LeastUsefulOfLargestGroup() const {
  const auto largest =
      std::ranges::max_element(groups_, {}, [](const auto& group) { return group.second.size; });
  return largest == groups_.end() ? nullptr : LeastUseful(largest->second.lists);
}

RankedFlow* FlowRanks::Expired(TimePoint now, const Patience& patience) const {
  for (const Use use : {Use::kUnanswered, Use::kAnswered, Use::kInUse}) {
    if (all_[At(use)].empty()) continue;
    RankedFlow* oldest = all_[At(use)].front();
    if (now - oldest->active_ >= (use == Use::kAnswered ? patience.answered : patience.idle))
      return oldest;
  }
  return nullptr;
}

std::optional<TimePoint> FlowRanks::NextExpiry(const Patience& patience) const {
  std::optional<TimePoint> next;
  for (const Use use : {Use::kUnanswered, Use::kAnswered, Use::kInUse}) {
    if (all_[At(use)].empty()) continue;
    const TimePoint at = all_[At(use)].front()->active_ +
                         (use == Use::kAnswered ? patience.answered : patience.idle);
    if (!next || at < *next) next = at;
  }
  return next;
}

void FlowRanks::Visit(const std::function<bool(RankedFlow&)>& visit) const {
  for (const Use use : {Use::kInUse, Use::kUnanswered, Use::kAnswered}) {
    const auto& list = all_[At(use)];
    if (!std::all_of(list.rbegin(), list.rend(), [&](RankedFlow* flow) { return visit(*flow); }))
      return;
  }
}

}  // namespace funnel::udpd
