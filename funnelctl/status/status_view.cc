#include "funnelctl/status/status_view.h"

#include "funnelctl/words.h"

namespace funnel::ctl {

const metrics::Snapshot* NodeView::FindCounters(std::string_view daemon) const {
  for (const metrics::CounterFileEntry& entry : counters) {
    if (entry.file == daemon && entry.snapshot) return &*entry.snapshot;
  }
  return nullptr;
}

std::string NodeView::node_name() const {
  if (configuration) return configuration->node.name;
  if (sctpd.status && !sctpd.status->node.empty()) return sctpd.status->node;
  return authd.status ? authd.status->node : "";
}

std::string EdgeName(const config::ServiceConfig& service) {
  bool udp = service.protocol == config::Protocol::kUdp;
  return (udp ? "funnel-udpd@" : "funnel-tcpd@") + service.name.text();
}

std::string DescribeLife(const metrics::Snapshot* counters, std::int64_t now) {
  if (counters == nullptr) return "no sign of life";
  if (counters->alive) return "running";
  auto beat = static_cast<std::int64_t>(counters->beat);
  std::string ago = PrintSince(beat, now) + " ago";
  if (counters->pid == 0) return "stopped " + ago;
  // This is its last sign of life; it may have lived a little longer. Some daemons give none after
  // their start.
  return (counters->beat == counters->started ? "DIED, was started " : "DIED, last seen ") + ago;
}

std::string DescribeService(const NodeView& view, const config::ServiceConfig& service) {
  if (!view.sctpd.status) return "unknown";
  const ChannelStatus* first = nullptr;
  std::int64_t open = 0;
  for (const ChannelStatus& channel : view.sctpd.status->channels) {
    if (channel.service != service.name.text()) continue;
    if (channel.state == "open") ++open;
    if (first == nullptr) first = &channel;
  }

  if (open == 1) return "open";
  if (open > 1) return "open (" + std::to_string(open) + " channels)";
  if (first != nullptr) return Shown(first->state);
  return service.role == config::Role::kListen ? "idle: starts with its first client"
                                               : "ready: nobody has opened it";
}

std::string WhyFarEndServesNot(const NodeView& view, const config::ServiceConfig& service) {
  const metrics::Snapshot* counters = view.FindCounters(EdgeName(service));
  if (counters == nullptr || !counters->alive) return {};
  if (counters->Value("channels_no_backend") != 0) return "no backend at the far end works";
  return counters->Value("channels_drained_there") != 0 ? "the far end is drained" : "";
}

std::string WhyNotAccepting(const NodeView& view, const config::ServiceConfig& service) {
  const metrics::Snapshot* counters = view.FindCounters(EdgeName(service));
  if (counters == nullptr || !counters->alive || counters->Value("not_accepting") == 0) return {};
  if (counters->Value("draining") != 0) return "it is drained";
  if (const std::string far = WhyFarEndServesNot(view, service); !far.empty()) return far;

  const std::string closed = "no channel is open";
  if (!view.sctpd.status) return closed;
  for (const ChannelStatus& channel : view.sctpd.status->channels)
    if (channel.service == service.name.text() && !channel.reason.empty())
      return closed + ": " + Shown(channel.reason);
  for (const AssociationStatus& association : view.sctpd.status->associations)
    if (association.peer == service.peer && association.state != "up")
      return closed + ": peer " + Shown(association.peer) + " is not connected";
  return closed;
}

const ChannelStatus* WorstSealed(const NodeView& view, const config::ServiceConfig& service) {
  const ChannelStatus* worst = nullptr;
  if (!view.sctpd.status) return worst;
  for (const ChannelStatus& channel : view.sctpd.status->channels) {
    if (channel.service != service.name.text() || !channel.suite) continue;
    if (worst == nullptr || (worst->suite_reason.empty() && !channel.suite_reason.empty()))
      worst = &channel;
  }
  return worst;
}

}  // namespace funnel::ctl
