#include "funnel-authd/rules.h"

#include "common/config/names.h"
#include "funnel-authd/suites.h"

namespace funnel::authd {
namespace {

using config::ServiceConfig;

std::unexpected<Refusal> Refuse(wire::RefusalCode code, std::string text) {
  return std::unexpected(Refusal{code, std::move(text)});
}

}  // namespace

bool IsPrincipal(const std::string& text, const config::Principal& principal) {
  auto parsed = config::Principal::Parse(text);
  return parsed && *parsed == principal;
}

Result<InitiateRule> RuleForInitiate(const config::Configuration& config,
                                     const ServiceName& service) {
  const ServiceConfig* found = config.FindService(service.text());
  if (found == nullptr) return Fail("no service " + service.text() + " is configured");
  if (found->role != config::Role::kListen)
    return Fail("service " + service.text() + " has no [listen] section: it does not initiate");
  return InitiateRule{.identity = found->identity.text(),
                      .expect = found->expect.text(),
                      .wire_name = found->wire_name,
                      .target = found->target,
                      .peer = found->peer,
                      .features = FeaturesOf(*found),
                      .fed_by = {},
                      .suites = UsableSuites(found->suites)};
}

InitiateRule RuleForPeer(const config::Configuration& config, const config::PeerConfig& peer) {
  return InitiateRule{.identity = peer.identity.text(),
                      .expect = peer.principal.text(),
                      .wire_name = std::string(wire::kPeerService),
                      .target = peer.node,
                      .peer = peer.name,
                      .features = kPeerFeatures,
                      .fed_by = {},
                      .suites = UsableSuites(config.node.peer_suites)};
}

wire::Features FeaturesOf(const ServiceConfig& service) {
  switch (service.protocol) {
    case config::Protocol::kUdp:
      return wire::kOurFeatures.With(wire::kDatagramFeatures);
    case config::Protocol::kTcp:
      return wire::kOurFeatures.With(wire::kConnectionFeatures);
    case config::Protocol::kSocks:
      return wire::kOurFeatures.With(wire::kTargetFeatures);
    case config::Protocol::kCommand:
      return wire::kOurFeatures.With(wire::kCommandFeatures);
  }
  return {};
}

std::expected<void, Refusal> CheckOpen(const config::Configuration& config,
                                       const wire::OpenBody& open, const wire::SuiteList& suites) {
  if (ChooseSuite(suites, open) == nullptr)
    return Refuse(wire::RefusalCode::kBadVersion, "OPEN offers no version or suite of ours");
  if (!config::SameNode(open.target, config.node.name))
    return Refuse(wire::RefusalCode::kNoRoute, "OPEN is for node " + open.target);
  return {};
}

std::expected<const ServiceConfig*, Refusal> ServiceForOpen(const config::Configuration& config,
                                                            const wire::OpenBody& open,
                                                            const std::string& peer) {
  const ServiceConfig* service = config.FindByWireName(open.service);
  const auto suites = UsableSuites(service != nullptr ? service->suites : wire::SuiteList());
  if (auto fit = CheckOpen(config, open, suites); !fit) return std::unexpected(fit.error());
  if (service == nullptr)
    return Refuse(wire::RefusalCode::kNoRoute,
                  "no service with a [connect] section is called " + open.service);
  if (!service->peer.empty() && service->peer != peer)
    return Refuse(wire::RefusalCode::kRefused,
                  "service " + service->name.text() + " is for peer " + service->peer + " only");
  return service;
}

Result<> RequireAccepted(const ServiceConfig& service, const std::string& initiator) {
  auto principal = config::Principal::Parse(initiator);
  if (principal && service.Accepts(*principal)) return {};
  return Fail("principal " + initiator + " is not accepted for service " + service.name.text());
}

Result<> RequireSameKind(const ServiceConfig& service, wire::Features offered) {
  const wire::Features ours = FeaturesOf(service);
  const auto theirs = wire::KindText(offered);
  // Nodes that do not say what they carry know no commands.
  if (!theirs && service.protocol == config::Protocol::kCommand)
    return Fail("service " + service.wire_name +
                " carries commands, and the initiator does not say that it does");
  if (!theirs || theirs == wire::KindText(ours)) return {};
  return Fail("service " + service.wire_name + " carries " + std::string(*theirs) +
              " at the initiator's end and " + std::string(*wire::KindText(ours)) +
              " at the acceptor's");
}

Result<> RequireStillAllowed(const config::Configuration& config, const ServiceName& service,
                             wire::Role role, const std::string& local, const std::string& peer) {
  const ServiceConfig* found = config.FindService(service.text());
  if (found == nullptr) return Fail("service " + service.text() + " is no longer configured");
  const config::Role wanted =
      role == wire::Role::kInitiator ? config::Role::kListen : config::Role::kConnect;
  if (found->role != wanted) return Fail("service " + service.text() + " has another role now");
  if (!IsPrincipal(local, found->identity))
    return Fail("the identity of service " + service.text() + " is " + found->identity.text() +
                " now, not " + local);
  if (role == wire::Role::kAcceptor) return RequireAccepted(*found, peer);
  if (!IsPrincipal(peer, found->expect))
    return Fail("service " + service.text() + " expects " + found->expect.text() + " now, not " +
                peer);
  return {};
}

const config::PeerConfig* FindPeerByPrincipal(const config::Configuration& config,
                                              const std::string& remote, const std::string& local,
                                              const std::string& node) {
  for (const config::PeerConfig& peer : config.peers) {
    if (IsPrincipal(remote, peer.principal) && IsPrincipal(local, peer.identity) &&
        (node.empty() || config::SameNode(node, peer.node)))
      return &peer;
  }
  return nullptr;
}

}  // namespace funnel::authd
