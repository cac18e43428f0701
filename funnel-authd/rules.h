// Who may be what, by the configuration: the local identity of each service, the acceptor that it
// expects, the initiators that it accepts. Whatever is not allowed is denied.
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

// What an initiator's handshake uses. All of it is from the configuration, nothing from the
// request.
struct InitiateRule {
  std::string identity;  // ours
  std::string expect;    // the acceptor
  std::string wire_name;
  std::string target;  // node
  std::string peer;    // next hop, for logs
  wire::Features features;
  std::vector<wire::Feed> fed_by;
  wire::SuiteList suites;  // the usable ones, best first
};
// Fails where there is no such service with a [listen] section.
[[nodiscard]] Result<InitiateRule> RuleForInitiate(const config::Configuration& config,
                                                   const ServiceName& service);
[[nodiscard]] InitiateRule RuleForPeer(const config::Configuration& config,
                                       const config::PeerConfig& peer);

// What our end of a channel can do, for @peer and for a service; the latter says what it carries,
// too.
constexpr wire::Features kPeerFeatures{};
[[nodiscard]] wire::Features FeaturesOf(const config::ServiceConfig& service);

// Why an OPEN is refused before anybody is authenticated: only CODE goes on the wire, TEXT is for
// our log.
struct Refusal {
  wire::RefusalCode code = wire::RefusalCode::kRefused;
  std::string text;
};
// The service that an OPEN names, if it may be tried: checks version, suite, target node and next
// hop.
[[nodiscard]] std::expected<const config::ServiceConfig*, Refusal> ServiceForOpen(
    const config::Configuration& config, const wire::OpenBody& open, const std::string& peer);
// What every OPEN must fulfil, @peer's too. SUITES are those that the acceptor takes.
[[nodiscard]] std::expected<void, Refusal> CheckOpen(const config::Configuration& config,
                                                     const wire::OpenBody& open,
                                                     const wire::SuiteList& suites);

// Whether the authenticated INITIATOR may open SERVICE; the initiator may read the error.
[[nodiscard]] Result<> RequireAccepted(const config::ServiceConfig& service,
                                       const std::string& initiator);

// Whether both ends carry the same kind of data, as far as the initiator's OFFERED features show
// it. The error names both kinds; the authenticated initiator may read it, too.
[[nodiscard]] Result<> RequireSameKind(const config::ServiceConfig& service,
                                       wire::Features offered);

// Whether a live channel of SERVICE between LOCAL and PEER would be allowed by today's rules.
[[nodiscard]] Result<> RequireStillAllowed(const config::Configuration& config,
                                           const ServiceName& service, wire::Role role,
                                           const std::string& local, const std::string& peer);

// The peer whose authd is the principal REMOTE, for our LOCAL, on the node NODE (any, if empty).
[[nodiscard]] const config::PeerConfig* FindPeerByPrincipal(const config::Configuration& config,
                                                            const std::string& remote,
                                                            const std::string& local,
                                                            const std::string& node);

// Whether both texts name one principal, however they are escaped.
[[nodiscard]] bool IsPrincipal(const std::string& text, const config::Principal& principal);

}  // namespace funnel::authd
