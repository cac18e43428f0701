#include "funnelctl/command/service_facts.h"

#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

std::vector<std::string> AddressesOf(const config::ServiceConfig& service) {
  std::vector<std::string> out;
  for (const config::Endpoint& endpoint : service.listen_address) out.push_back(endpoint.text());
  for (const config::Backend& backend : service.connect_address) out.push_back(backend.text());
  for (const config::Network& network : service.connect_networks) out.push_back(network.text());
  return out;
}

std::string ReasonOf(const NodeView& view, const config::ServiceConfig& service) {
  if (!view.sctpd.status) return {};
  for (const ChannelStatus& channel : view.sctpd.status->channels) {
    if (channel.service == service.name.text() && !channel.reason.empty())
      return Shown(channel.reason);
  }
  return {};
}

}  // namespace

ServiceFacts FactsOf(const NodeView& view, const config::ServiceConfig& service) {
  bool udp = service.protocol == config::Protocol::kUdp;
  ServiceFacts out{.protocol = std::string(ProtocolWord(service.protocol)),
                   .role = std::string(RoleWord(service.role)),
                   .addresses = AddressesOf(service),
                   .peer = service.role == config::Role::kRelay ? service.relay_to : service.peer,
                   .state = DescribeService(view, service),
                   .reason = ReasonOf(view, service),
                   .not_accepting = WhyNotAccepting(view, service)};

  const metrics::Snapshot* counters = view.FindCounters(EdgeName(service));
  out.edge_alive = counters != nullptr && counters->alive;
  if (!out.edge_alive) return out;
  out.channels = counters->Value("channels_up");
  out.sessions = counters->Value(udp ? "flows" : "sessions");
  return out;
}

}  // namespace funnel::ctl
