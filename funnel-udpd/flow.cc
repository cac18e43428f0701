#include "funnel-udpd/flow.h"

namespace funnel::udpd {
namespace {

constexpr std::size_t kNetworkBytes = 8;

}  // namespace

std::string FlowTable::ClientOf(const FlowKey& key) {
  const SocketAddress client = key.client.Unmapped();
  // All hosts of a link share fe80::/64.
  const bool whole = client.ip_bytes().starts_with("\xfe\x80");
  return std::string(client.ip_bytes().substr(0, whole ? std::string::npos : kNetworkBytes));
}

Flow* FlowTable::Find(const FlowKey& key) {
  const auto at = flows_.find(key);
  return at == flows_.end() ? nullptr : &at->second;
}

Flow& FlowTable::Add(const FlowKey& key, Listener& listener, TimePoint now) {
  Flow& flow = flows_
                   .emplace(std::piecewise_construct, std::forward_as_tuple(key),
                            std::forward_as_tuple(key, listener))
                   .first->second;
  ranks_.Add(flow, ClientOf(key), now);
  ranks_.SetWaiting(flow, true);
  return flow;
}

void FlowTable::Erase(Flow& flow) {
  ranks_.Remove(flow);
  flows_.erase(flows_.find(flow.key));
}

}  // namespace funnel::udpd
