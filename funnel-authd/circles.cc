#include "funnel-authd/circles.h"

#include <algorithm>

#include "common/config/check/feeding.h"
#include "common/config/names.h"

namespace funnel::authd {

std::vector<wire::Feed> Circles::FeedsOf(const config::Configuration& config,
                                         const ServiceName& name) const {
  const config::ServiceConfig* service = config.FindService(name.text());
  if (service == nullptr) return {};

  std::vector<wire::Feed> feeds;
  const auto fed_by = config::FedBy(config, *service);
  for (const auto* other : fed_by) feeds.push_back({config.node.name, other->wire_name});

  for (const auto* other : fed_by) {
    const auto received = received_.find(other->name);
    if (received == received_.end()) continue;
    for (const auto& [peer, theirs] : received->second)
      for (const wire::Feed& feed : theirs)
        if (std::ranges::find(feeds, feed) == feeds.end()) feeds.push_back(feed);
  }

  // The nearest come first; the rest is dropped.
  if (feeds.size() > wire::kMaxFeeds) feeds.resize(wire::kMaxFeeds);
  return feeds;
}

void Circles::Learn(const ServiceName& service, const std::string& peer,
                    std::vector<wire::Feed> feeds) {
  received_[service][peer] = std::move(feeds);
}

Result<> RequireNoCircle(const config::Configuration& config, const config::ServiceConfig& service,
                         const wire::OpenBody& open) {
  if (open.fed_by.empty()) return {};
  for (const config::ServiceConfig* next : config::GoesOnInto(config, service)) {
    const wire::Feed feed{next->target, next->wire_name};
    // Each end spells the other's name as its own configuration does.
    const bool comes_back = std::ranges::any_of(open.fed_by, [&feed](const wire::Feed& one) {
      return config::SameNode(one.node, feed.node) && one.service == feed.service;
    });
    if (!comes_back) continue;
    return Fail("circle: what comes out of service " + service.wire_name + " at " +
                config.node.name + " goes on into service " + feed.service + " there, and at " +
                feed.node + " back into service " + service.wire_name);
  }
  return {};
}

}  // namespace funnel::authd
