#include "funnel-udpd/flow.h"

namespace funnel::udpd {

Flow* FlowTable::Find(const FlowKey& key) {
  const auto at = by_key_.find(key);
  return at == by_key_.end() ? nullptr : &*at->second;
}

Flow& FlowTable::Add(const FlowKey& key, Listener& listener, TimePoint now) {
  flows_.push_back({.key = key, .listener = &listener, .opened = now, .active = now});
  by_key_.emplace(key, std::prev(flows_.end()));
  return flows_.back();
}

void FlowTable::Touch(Flow& flow, TimePoint now) {
  flow.active = now;
  if (&flow == &flows_.back()) return;
  flows_.splice(flows_.end(), flows_, by_key_.at(flow.key));
}

void FlowTable::Erase(Flow& flow) {
  const auto at = by_key_.find(flow.key);
  const auto place = at->second;
  by_key_.erase(at);
  flows_.erase(place);
}

}  // namespace funnel::udpd
