// One UDP flow of the client side: a client's address and port and the address it asked.
#pragma once

#include <list>
#include <memory>
#include <unordered_map>

#include "common/base/clock.h"
#include "common/base/socket_address.h"
#include "common/service/application.h"
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

struct Flow {
  FlowKey key;
  Listener* listener = nullptr;
  TimePoint opened{};
  TimePoint active{};
  // The session that carries it; nullptr: none at present.
  service::ChannelHandle* channel = nullptr;
  SessionId session;
  std::unique_ptr<ResendFilter> resends;  // only with suppress-resends
};

// Flows by key, and in the order of their last activity. A Flow stays where it is until erased.
class FlowTable {
 public:
  [[nodiscard]] Flow* Find(const FlowKey& key);
  Flow& Add(const FlowKey& key, Listener& listener, TimePoint now);
  void Touch(Flow& flow, TimePoint now);
  void Erase(Flow& flow);
  // The one silent for longest; nullptr when there is none.
  [[nodiscard]] Flow* oldest() { return flows_.empty() ? nullptr : &flows_.front(); }
  [[nodiscard]] std::list<Flow>& all() { return flows_; }
  [[nodiscard]] std::size_t size() const { return flows_.size(); }

 private:
  std::list<Flow> flows_;  // the longest silent first
  std::unordered_map<FlowKey, std::list<Flow>::iterator, FlowKeyHash> by_key_;
};

}  // namespace funnel::udpd
