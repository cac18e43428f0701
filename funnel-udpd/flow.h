// One UDP flow of the client side: a client's address and port, and the address that it sent to.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "common/base/socket_address.h"
#include "common/service/application.h"
#include "funnel-udpd/flow_ranks.h"
#include "funnel-udpd/resend_filter.h"

namespace funnel::udpd {

class Listener;

struct FlowKey {
  SocketAddress client;
  SocketAddress local;
  bool operator==(const FlowKey&) const = default;
};

struct FlowKeyHash {
  std::size_t operator()(const FlowKey& key) const noexcept {
    return key.client.Hash() * 31 + key.local.Hash();
  }
};

struct Flow : RankedFlow {
  Flow(const FlowKey& its_key, Listener& its_listener) : key(its_key), listener(&its_listener) {}

  FlowKey key;
  Listener* listener;
  // The session that carries it; nullptr: there is none at present.
  service::ChannelHandle* channel = nullptr;
  SessionId session;
  std::unique_ptr<ResendFilter> resends;  // only with suppress-resends
};

// Flows by their key, and in the order of their use. A Flow keeps its address until it is erased.
class FlowTable {
 public:
  [[nodiscard]] Flow* Find(const FlowKey& key);
  Flow& Add(const FlowKey& key, Listener& listener, TimePoint now);
  void OnRequest(Flow& flow, TimePoint now) { ranks_.OnRequest(flow, now); }
  void OnAnswer(Flow& flow, TimePoint now) { ranks_.OnAnswer(flow, now); }
  // CHANNEL carries it as SESSION from now on; nullptr: nothing does.
  void SetSession(Flow& flow, service::ChannelHandle* channel, SessionId session = {}) {
    flow.channel = channel;
    flow.session = session;
    ranks_.SetWaiting(flow, channel == nullptr);
  }
  void Erase(Flow& flow);
  [[nodiscard]] const FlowRanks& ranks() const { return ranks_; }
  [[nodiscard]] std::size_t size() const { return flows_.size(); }

 private:
  FlowRanks ranks_;
  std::unordered_map<FlowKey, Flow, FlowKeyHash> flows_;
};

}  // namespace funnel::udpd
