// funnelctl peers: every configured peer, whether its association is up, and who it proved to be.
#include "funnelctl/command.h"
#include "funnelctl/look.h"
#include "funnelctl/path_notes.h"
#include "funnelctl/print.h"
#include "funnelctl/table.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

// What is known of one peer; absent parts are empty.
struct PeerFacts {
  std::string name;
  AssociationStatus association;
  PeerVerification verification;

  // Why it is not up, in one sentence.
  [[nodiscard]] std::string reason() const {
    return association.reason.empty() ? verification.reason : association.reason;
  }
};

PeerFacts FactsOf(const NodeView& view, const std::string& peer) {
  PeerFacts out{.name = peer, .association = {.state = "unknown"}};
  if (view.sctpd.status) {
    for (const AssociationStatus& one : view.sctpd.status->associations)
      if (one.peer == peer) out.association = one;
  }
  if (view.authd.status) {
    for (const PeerVerification& one : view.authd.status->peers)
      if (one.peer == peer) out.verification = one;
  }
  return out;
}

std::string PeersAsText(const NodeView& view) {
  Table table({"PEER", "STATE", "SINCE", "CARRIER", "ADDRESS", "RTT", "PRINCIPAL"});
  for (const config::PeerConfig& peer : view.configuration->peers) {
    PeerFacts facts = FactsOf(view, peer.name);
    const AssociationStatus& at = facts.association;
    table.AddRow({peer.name, Shown(at.state), PrintSince(at.since, view.now), Shown(at.carrier),
                  Shown(at.address), at.srtt_ms ? PrintMilliseconds(*at.srtt_ms) : "-",
                  Shown(facts.verification.principal)});
    if (!facts.reason().empty()) table.AddNote("reason: " + Shown(facts.reason()));
    AddPathNotes(at, table);
  }
  return table.empty() ? "No peer is configured.\n" : table.Print();
}

Json PeersAsJson(const NodeView& view) {
  Json out = Json::array();
  for (const config::PeerConfig& peer : view.configuration->peers) {
    PeerFacts facts = FactsOf(view, peer.name);
    const AssociationStatus& at = facts.association;
    out.push_back({{"peer", peer.name},
                   {"node", peer.node},
                   {"state", at.state},
                   {"direction", TextOrNull(at.direction)},
                   {"carrier", TextOrNull(at.carrier)},
                   {"address", TextOrNull(at.address)},
                   {"rtt_ms", OrNull(at.srtt_ms)},
                   {"since", OrNull(at.since)},
                   {"retry_in_ms", OrNull(at.retry_in_ms)},
                   {"trying", at.trying},
                   {"not_direct", TextOrNull(at.not_direct)},
                   {"direct_retry_in_ms", OrNull(at.direct_retry_in_ms)},
                   {"channels", at.channels},
                   {"verification", TextOrNull(facts.verification.state)},
                   {"principal", TextOrNull(facts.verification.principal)},
                   {"expires", OrNull(facts.verification.expires)},
                   {"reason", TextOrNull(facts.reason())}});
  }

  return out;
}

}  // namespace

int RunPeers(const Options& options) {
  if (!LoadOrComplain(options)) return kExitFailed;
  NodeView view = LookAtNode(options);
  if (!view.configuration) return Complain("the configuration has just changed: try again");
  options.json ? PrintJson(PeersAsJson(view)) : PrintText(PeersAsText(view));
  if (!view.sctpd.status) return Complain("funnel-sctpd does not answer: " + view.sctpd.error);
  if (!view.authd.status) return Complain("funnel-authd does not answer: " + view.authd.error);
  return kExitOk;
}

}  // namespace funnel::ctl
