// Who may be what, by configuration: the local identity of each service, the acceptor that it
// expects, the initiators that it accepts. What is not allowed is denied.
//
// Pure: the same configuration gives the same answer. Principals are text as Kerberos prints them.
#pragma once

#include <string>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/config/model.h"
#include "common/wire/frame/open.h"
#include "common/wire/frame/types.h"

namespace funnel::authd {

// What an initiator's handshake is made of; all of it from configuration, nothing from the request.
struct InitiateRule {
  std::string identity;  // ours
  std::string expect;    // the acceptor
  std::string wire_name;
  std::string target;  // node
  std::string peer;    // next hop, for logs
  wire::Features features;
  std::vector<wire::Feed> fed_by;
  wire::SuiteList suites;  // best first; those that can be had here
};
// Fails where there is no such service with a [listen] section.
[[nodiscard]] Result<InitiateRule> RuleForInitiate(const config::Configuration& config,
                                                   const ServiceName& service);
[[nodiscard]] InitiateRule RuleForPeer(const config::Configuration& config,
                                       const config::PeerConfig& peer);

// What our end of a channel can do: of @peer, and of a service, which says also what it carries.
constexpr wire::Features kPeerFeatures{};
[[nodiscard]] wire::Features FeaturesOf(const config::ServiceConfig& service);

// A refusal of an OPEN before anybody is authenticated: CODE is all that goes on the wire, TEXT is
// for us.
struct Refusal {
  wire::RefusalCode code = wire::RefusalCode::kRefused;
  std::string text;
};
// The service that an OPEN is for, if it may be tried: version, suite, target node, next hop.
[[nodiscard]] std::expected<const config::ServiceConfig*, Refusal> ServiceForOpen(
    const config::Configuration& config, const wire::OpenBody& open, const std::string& peer);
// What any OPEN must be, @peer's too. SUITES: those that the acceptor takes.
[[nodiscard]] std::expected<void, Refusal> CheckOpen(const config::Configuration& config,
                                                     const wire::OpenBody& open,
                                                     const wire::SuiteList& suites);

// Whether the authenticated INITIATOR may open SERVICE; the error is what the initiator may know.
[[nodiscard]] Result<> RequireAccepted(const config::ServiceConfig& service,
                                       const std::string& initiator);

// Whether both ends carry the same, as far as the initiator's OFFERED features show it. The error
// names both and is for the authenticated initiator too.
[[nodiscard]] Result<> RequireSameKind(const config::ServiceConfig& service,
                                       wire::Features offered);

// Whether a live channel of SERVICE between LOCAL and PEER would be allowed today.
[[nodiscard]] Result<> RequireStillAllowed(const config::Configuration& config,
                                           const ServiceName& service, wire::Role role,
                                           const std::string& local, const std::string& peer);

// A peer whose authd is the principal REMOTE towards our LOCAL, on the node NODE (any, if empty).
[[nodiscard]] const config::PeerConfig* FindPeerByPrincipal(const config::Configuration& config,
                                                            const std::string& remote,
                                                            const std::string& local,
                                                            const std::string& node);

// Whether both texts name one principal, however they are escaped.
[[nodiscard]] bool IsPrincipal(const std::string& text, const config::Principal& principal);

}  // namespace funnel::authd
