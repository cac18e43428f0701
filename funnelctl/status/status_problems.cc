#include "funnelctl/status/status_view.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

using Problems = std::vector<std::string>;

template <typename Status>
void FindSilence(const NodeView& view, const std::string& daemon, const Answer<Status>& answer,
                 Problems& out) {
  if (answer.status) return;
  std::string text = daemon + " does not answer: " + answer.error;
  if (const metrics::Snapshot* counters = view.FindCounters(daemon)) {
    text += counters->alive ? "; its process " + std::to_string(counters->pid) + " lives"
                            : "; by its counters it " + DescribeLife(counters, view.now);
  }
  out.push_back(std::move(text));
}

// A peer that should connect to us, or one that is reached on demand, may be away.
bool MayBeAway(const NodeView& view, const AssociationStatus& association) {
  if (!view.configuration) return false;
  const config::PeerConfig* peer = view.configuration->FindPeer(association.peer);
  return peer != nullptr && peer->when == config::When::kOnDemand;
}

void FindAssociations(const NodeView& view, Problems& out) {
  if (view.sctpd.status->authd_connected == false)
    out.push_back("funnel-sctpd is not connected to funnel-authd");
  for (const AssociationStatus& association : view.sctpd.status->associations) {
    if (association.peer.empty() || association.state == "up" || MayBeAway(view, association))
      continue;
    std::string text =
        "peer " + Shown(association.peer) + " is not connected (" + Shown(association.state) + ")";
    if (!association.reason.empty()) text += ": " + Shown(association.reason);
    out.push_back(std::move(text));
  }
}

void FindChannels(const NodeView& view, Problems& out) {
  for (const ChannelStatus& channel : view.sctpd.status->channels) {
    if (channel.state != "refused" && channel.state != "failed") continue;
    std::string text =
        "service " + Shown(channel.service) + " to " + Shown(channel.peer) + " " + channel.state;
    if (!channel.reason.empty()) text += ": " + Shown(channel.reason);
    out.push_back(std::move(text));
  }
}

void FindCredentials(const NodeView& view, Problems& out) {
  const AuthdStatus& authd = *view.authd.status;
  if (!authd.keytab_error.empty())
    out.push_back("keytab " + Shown(authd.keytab) + ": " + Shown(authd.keytab_error));

  for (const IdentityStatus& identity : authd.identities) {
    if (!identity.error.empty()) {
      out.push_back(Shown(identity.principal) + ": " + Shown(identity.error));
    } else if (!identity.in_keytab) {
      out.push_back(Shown(identity.principal) + ": the keytab has no key for it");
    }
  }

  for (const PeerVerification& peer : authd.peers) {
    if (peer.state != "failed") continue;
    out.push_back("peer " + Shown(peer.peer) +
                  " is not who it should be, or cannot prove it: " + Shown(peer.reason));
  }
}

void FindDeadEdges(const NodeView& view, Problems& out) {
  for (const metrics::CounterFileEntry& entry : view.counters) {
    if (entry.file.find('@') == std::string::npos || !entry.snapshot) continue;
    const metrics::Snapshot& counters = *entry.snapshot;
    if (!counters.alive && counters.pid != 0)
      out.push_back(Shown(entry.file) + " " + DescribeLife(&counters, view.now));
  }
}

// From the edges' own counters: nothing else sees that a backend refuses.
void FindRefusingBackends(const NodeView& view, Problems& out) {
  if (!view.configuration) return;
  for (const config::ServiceConfig& service : view.configuration->services) {
    if (service.role != config::Role::kConnect) continue;
    const metrics::Snapshot* counters = view.FindCounters(EdgeName(service));
    if (counters == nullptr || !counters->alive) continue;
    const auto since = static_cast<std::int64_t>(counters->Value("backend_failing_since"));
    if (since <= 0) continue;
    out.push_back("service " + service.name.text() + ": its backend " +
                  config::BackendsText(service.connect_address) + " has accepted nothing for " +
                  PrintSince(since, view.now) + "; the log of its edge shows what it answers");
  }
}

// From the same: services that this node has no source for ([connect] source).
void FindMissingSources(const NodeView& view, Problems& out) {
  if (!view.configuration) return;
  for (const config::ServiceConfig& service : view.configuration->services) {
    if (service.role != config::Role::kConnect) continue;
    const metrics::Snapshot* counters = view.FindCounters(EdgeName(service));
    if (counters == nullptr || !counters->alive) continue;
    const auto since = static_cast<std::int64_t>(counters->Value("source_missing_since"));
    if (since <= 0) continue;
    out.push_back("service " + service.name.text() +
                  ": nothing has gone out from source = " + service.source.text() + " for " +
                  PrintSince(since, view.now) + "; the log of its edge says why");
  }
}

// From the same: those whose service goes on by its other backends.
void FindDownBackends(const NodeView& view, Problems& out) {
  if (!view.configuration) return;
  for (const config::ServiceConfig& service : view.configuration->services) {
    if (service.role != config::Role::kConnect || service.connect_address.size() < 2) continue;
    const metrics::Snapshot* counters = view.FindCounters(EdgeName(service));
    const bool alive = counters != nullptr && counters->alive;
    const auto down = alive ? static_cast<std::int64_t>(counters->Value("backends_down")) : 0;
    if (down <= 0) continue;
    out.push_back("service " + service.name.text() + ": " +
                  Counted(down, "backend is down", "backends are down") + " of " +
                  std::to_string(service.connect_address.size()) + "; funnelctl backends " +
                  service.name.text() + " shows which");
  }
}

// From the same: those of which no backend passes its checks.
void FindFailedChecks(const NodeView& view, Problems& out) {
  if (!view.configuration) return;
  for (const config::ServiceConfig& service : view.configuration->services) {
    const metrics::Snapshot* counters = view.FindCounters(EdgeName(service));
    if (counters == nullptr || !counters->alive || counters->Value("backends_all_down") == 0)
      continue;
    const bool refuses = service.on_backend_down == config::OnBackendDown::kRefuse;
    out.push_back("service " + service.name.text() + ": all backends fail their checks, so new " +
                  (refuses ? "connections are refused" : "connections wait") +
                  " (on-backend-down); funnelctl backends " + service.name.text() + " shows why");
  }
}

// From the same: those whose clients get no answer, or no good one.
void FindClosedListeners(const NodeView& view, Problems& out) {
  if (!view.configuration) return;
  for (const config::ServiceConfig& service : view.configuration->services) {
    if (const std::string why = WhyNotAccepting(view, service); !why.empty())
      out.push_back("service " + service.name.text() + " does not accept: " + why);
    else if (const std::string far = WhyFarEndServesNot(view, service); !far.empty())
      out.push_back("service " + service.name.text() + ": " + far);
  }
}

// From the edges' own counters, which know what a reload has changed.
void FindKeyLogs(const NodeView& view, Problems& out) {
  for (const metrics::CounterFileEntry& entry : view.counters)
    if (entry.snapshot && entry.snapshot->alive && entry.snapshot->Value("key_log") == 1)
      out.push_back(Shown(entry.file) +
                    " writes its keys to a file (key-log): whoever reads it can read all that "
                    "is carried");
}

}  // namespace

std::vector<std::string> FindProblems(const NodeView& view) {
  Problems out;
  FindSilence(view, "funnel-sctpd", view.sctpd, out);
  FindSilence(view, "funnel-authd", view.authd, out);

  if (!view.configuration) {
    out.push_back("the configuration in " + view.config_dir + " has " +
                  std::to_string(view.mistakes) + (view.mistakes == 1 ? " mistake" : " mistakes") +
                  ": funnelctl check shows them");
  }

  if (view.sctpd.status) FindAssociations(view, out);
  if (view.sctpd.status) FindChannels(view, out);
  if (view.authd.status) FindCredentials(view, out);
  FindDeadEdges(view, out);
  FindRefusingBackends(view, out);
  FindMissingSources(view, out);
  FindDownBackends(view, out);
  FindFailedChecks(view, out);
  FindClosedListeners(view, out);
  FindKeyLogs(view, out);
  return out;
}

}  // namespace funnel::ctl
