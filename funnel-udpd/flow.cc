#include "funnel-udpd/flow.h"

#include "common/service/client/client_limits.h"

namespace funnel::udpd {
Flow* FlowTable::Find(const FlowKey& key) {
  const auto at = flows_.find(key);
  return at == flows_.end() ? nullptr : &at->second;
}

Flow& FlowTable::Add(const FlowKey& key, Listener& listener, TimePoint now) {
  Flow& flow = flows_
                   .emplace(std::piecewise_construct, std::forward_as_tuple(key),
                            std::forward_as_tuple(key, listener))
                   .first->second;
  ranks_.Add(flow, service::ClientOf(key.client), now);
  ranks_.SetWaiting(flow, true);
  return flow;
}

void FlowTable::Erase(Flow& flow) {
  ranks_.Remove(flow);
  flows_.erase(flows_.find(flow.key));
}

}  // namespace funnel::udpd
