#include "funnel-sctpd/relay/relay_routes.h"

#include <algorithm>

#include "common/config/names.h"

namespace funnel::sctpd {
namespace {

std::unexpected<RelayRoutes::Denial> Deny(std::string why) {
  return std::unexpected(RelayRoutes::Denial{.why = std::move(why)});
}

}  // namespace

std::optional<RelayRoutes::Verdict> RelayRoutes::Judge(const std::string& from,
                                                       ByteView open_body) {
  auto is_relay = [](const auto& service) { return service.role == config::Role::kRelay; };
  if (std::ranges::none_of(shared_.config.services, is_relay)) return std::nullopt;

  auto open = wire::OpenBody::Parse(open_body);
  if (!open || config::SameNode(open->target, shared_.config.node.name)) return std::nullopt;
  const config::ServiceConfig* service = FindService(from, *open);
  if (service == nullptr) return std::nullopt;

  if (!service->RelaysFor(from))
    return Verdict{*service, std::unexpected(Denial{.why = "it is not listed in [relay] from",
                                                    .code = wire::RefusalCode::kRefused,
                                                    .is_secret = true})};
  return Verdict{*service, CheckHop(from, *service, *open)};
}

const config::ServiceConfig* RelayRoutes::FindService(const std::string& from,
                                                      const wire::OpenBody& open) const {
  const config::ServiceConfig* best = nullptr;
  for (const auto& service : shared_.config.services) {
    if (service.role != config::Role::kRelay || service.wire_name != open.service) continue;
    if (!service.target.empty() && !config::SameNode(service.target, open.target)) continue;

    // A service that names the target has precedence over one for any target.
    const bool allowed = service.RelaysFor(from);
    const bool better = best == nullptr || (allowed && !best->RelaysFor(from)) ||
                        (allowed == best->RelaysFor(from) && best->target.empty());
    if (better) best = &service;
  }
  return best;
}

std::expected<void, RelayRoutes::Denial> RelayRoutes::CheckHop(const std::string& from,
                                                               const config::ServiceConfig& service,
                                                               const wire::OpenBody& open) {
  if (service.relay_to == from) return Deny("it would go back to where it comes from");
  if (passing_.Contains(open.nonce)) {
    shared_.Count(kRelayLoops);
    return Deny("a loop: it has passed here already");
  }
  if (open.hop_limit == 0) {
    shared_.Count(kRelayLoops);
    return Deny("no hop is left: a loop, or more than " + std::to_string(wire::kDefaultHopLimit) +
                " relays in a row");
  }

  const config::PeerConfig* next = shared_.config.FindPeer(service.relay_to);
  const bool on_demand = next != nullptr && next->when == config::When::kOnDemand;
  if (!on_demand && associations_.FindUp(service.relay_to) == nullptr)
    return Deny("the association with " + service.relay_to + " is down");
  return {};
}

}  // namespace funnel::sctpd
