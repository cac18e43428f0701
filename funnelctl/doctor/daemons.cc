// Whether the daemons answer, and the state of their associations.
#include "funnelctl/doctor/checks.h"
#include "funnelctl/words.h"

namespace funnel::ctl::doctor {
namespace {

template <typename Status>
void AddDaemon(const Context& context, const std::string& name, const Answer<Status>& answer,
               Findings& out) {
  if (answer.status) {
    out.push_back(Ok(name + " answers (pid " + std::to_string(answer.status->pid) + ")"));
    return;
  }
  const metrics::Snapshot* counters = context.view.FindCounters(name);
  bool alive = counters != nullptr && counters->alive;
  out.push_back(Wrong(name + " does not answer: " + answer.error,
                      alive ? "kill " + std::to_string(counters->pid) + ", its journal says why"
                            : "systemctl start " + name + "; journalctl -u " + name));
}

void AddDeadEdges(const Context& context, Findings& out) {
  for (const metrics::CounterFileEntry& entry : context.view.counters) {
    if (entry.file.find('@') == std::string::npos || !entry.snapshot) continue;
    if (entry.snapshot->alive || entry.snapshot->pid == 0) continue;
    out.push_back(Wrong(Shown(entry.file) + ' ' + DescribeLife(&*entry.snapshot, context.view.now),
                        "journalctl -u " + Shown(entry.file)));
  }
}

std::string WhyDown(const Context& context, const AssociationStatus& association) {
  if (!association.reason.empty()) return Shown(association.reason);
  if (context.view.authd.status) {
    for (const PeerVerification& peer : context.view.authd.status->peers)
      if (peer.peer == association.peer && !peer.reason.empty()) return Shown(peer.reason);
  }
  return "no reason is known";
}

// In which suite the two nodes prove who they are, and why not in a better one.
std::string SuiteOf(const Context& context, const std::string& name) {
  if (!context.view.authd.status) return {};
  for (const PeerVerification& peer : context.view.authd.status->peers)
    if (peer.peer == name && peer.suite) return ", " + PrintSuite(*peer.suite, peer.suite_reason);
  return {};
}

Finding OfPeer(const Context& context, const config::PeerConfig& peer,
               const AssociationStatus& association) {
  if (association.state == "up") {
    std::string rtt =
        association.srtt_ms ? ", round trip " + PrintMilliseconds(*association.srtt_ms) : "";
    return Ok("up by " + Shown(association.carrier) + " with " + Shown(association.address) + rtt +
              SuiteOf(context, peer.name));
  }
  if (peer.when == config::When::kOnDemand) return Ok("not needed now (when = on-demand)");
  std::string todo = peer.connect.empty()
                         ? "it connects to us: look at that node, and at the network between"
                         : "look at " + peer.connect.front().text() + " and at the network between";
  return Wrong(Shown(association.state) + ": " + WhyDown(context, association), todo);
}

}  // namespace

Findings CheckDaemons(const Context& context) {
  Findings out;
  AddDaemon(context, "funnel-authd", context.view.authd, out);
  AddDaemon(context, "funnel-sctpd", context.view.sctpd, out);
  if (context.view.sctpd.status && context.view.sctpd.status->authd_connected == false)
    out.push_back(Wrong("funnel-sctpd is not connected to funnel-authd",
                        "systemctl status funnel-authd.socket"));
  AddDeadEdges(context, out);
  return out;
}

Findings CheckPeers(const Context& context) {
  Findings out;
  if (!context.view.sctpd.status) return out;
  for (const config::PeerConfig& peer : context.configuration()->peers) {
    Finding found = Wrong("funnel-sctpd does not know it", "funnelctl reload funnel-sctpd");
    for (const AssociationStatus& association : context.view.sctpd.status->associations)
      if (association.peer == peer.name) found = OfPeer(context, peer, association);
    found.subject = peer.name;
    out.push_back(std::move(found));
  }
  return out;
}

}  // namespace funnel::ctl::doctor
