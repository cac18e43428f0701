#include "funnel-authd/status.h"

#include <unistd.h>

#include <ctime>
#include <map>
#include <set>

#include "common/base/json_writer.h"
#include "common/base/version.h"

namespace funnel::authd {
namespace {

using OptionalTime = std::optional<std::int64_t>;

std::string_view StateName(PeerLink::State state) {
  switch (state) {
    case PeerLink::State::kIdle:
      return "absent";
    case PeerLink::State::kOpening:
    case PeerLink::State::kOpenSent:
    case PeerLink::State::kAccepting:
    case PeerLink::State::kConfirming:
      return "verifying";
    case PeerLink::State::kVerified:
      return "verified";
    case PeerLink::State::kFailed:
      return "failed";
  }
  return "absent";
}

void WriteIdentities(JsonWriter& json, const SharedState& shared,
                     const std::set<std::string>& in_keytab) {
  std::map<std::string, std::set<std::string>> services_of;
  for (const auto& service : shared.config->services)
    if (!service.identity.empty()) services_of[service.identity.text()].insert(service.name.text());
  for (const auto& peer : shared.config->peers) services_of[peer.identity.text()];

  json.Key("identities").Open('[');
  for (const auto& [principal, services] : services_of) {
    const bool has_key = in_keytab.contains(principal);
    json.Open('{').Field("principal", principal).Key("services").Open('[');
    for (const auto& service : services) json.Value(service);
    json.Close(']')
        .Field("in_keytab", has_key)
        .Field("ticket_expires", shared.credentials->TicketEnd(principal))
        .TextOrNull("error", has_key ? "" : "wrong keytab: it has no key of that principal")
        .Close('}');
  }
  json.Close(']');
}

OptionalTime WallTime(BootTime when) {
  const auto left = when.since_boot - BootNow().since_boot;
  return std::time(nullptr) + std::chrono::duration_cast<std::chrono::seconds>(left).count();
}

void WritePeers(JsonWriter& json, const SharedState& shared, const PeerLinks& peers) {
  json.Key("peers").Open('[');
  for (const auto& peer : shared.config->peers) {
    const PeerLink* link = peers.OfPeer(peer.name);
    const PeerChannel* channel = link != nullptr ? link->channel() : nullptr;
    json.Open('{')
        .Field("peer", peer.name)
        .Field("node", peer.node)
        .Field("state", StateName(link != nullptr ? link->state() : PeerLink::State::kIdle))
        .Field("principal", peer.principal.text())
        .Field("identity", peer.identity.text())
        .Field("since", link != nullptr ? OptionalTime(link->since()) : OptionalTime())
        .Field("expires", channel != nullptr ? WallTime(channel->expires()) : OptionalTime())
        .Field("suite", channel != nullptr ? std::optional<std::int64_t>(channel->suite())
                                           : std::optional<std::int64_t>())
        .TextOrNull("suite_reason", channel != nullptr ? channel->why_not_better() : "")
        .TextOrNull("reason", link != nullptr ? link->reason() : "")
        .Close('}');
  }
  json.Close(']');
}

void WriteFailures(JsonWriter& json, const Failures& failures) {
  json.Key("failures").Open('[');
  for (const Failure& failure : failures.kept()) {
    json.Open('{')
        .Field("when", failure.when)
        .TextOrNull("service", failure.service)
        .TextOrNull("peer", failure.peer)
        .Field("direction", failure.direction == Failure::Direction::kOut ? "out" : "in")
        .TextOrNull("principal", failure.principal)
        .Field("text", failure.text)
        .Close('}');
  }
  json.Close(']').Field("failures_omitted", failures.omitted());
}

}  // namespace

std::string StatusJson(const SharedState& shared, const PeerLinks& peers, std::int64_t started) {
  const config::NodeConfig& node = shared.config->node;
  auto in_keytab = gss::PrincipalsInKeytab(node.kerberos.keytab);
  JsonWriter json;

  json.Open('{')
      .Field("daemon", "funnel-authd")
      .Field("version", kVersion)
      .Field("pid", ::getpid())
      .Field("started", started)
      .Field("node", node.name)
      .Field("keytab", node.kerberos.keytab)
      .TextOrNull("keytab_error", in_keytab ? "" : in_keytab.error().message);

  WriteIdentities(json, shared, in_keytab.value_or(std::set<std::string>{}));
  WritePeers(json, shared, peers);

  json.Field("contexts", shared.contexts.size())
      .Field("handshakes_running", shared.initiate_pool.running() + shared.accept_pool.running())
      .Field("handshakes_waiting", shared.initiate_pool.waiting() + shared.accept_pool.waiting())
      .Field("claims", shared.claims.size());

  WriteFailures(json, shared.failures);
  json.Close('}');
  return json.Take();
}

}  // namespace funnel::authd
