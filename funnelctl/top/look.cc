#include "funnelctl/top/look.h"

#include <array>

#include "funnelctl/command/service_facts.h"
#include "funnelctl/figures.h"

namespace funnel::ctl {
namespace {

constexpr std::array kFrames = {"frames_sent", "frames_received"};
// All that an edge did not deliver.
constexpr std::array kDrops = {
    "frames_replayed",       "frames_forged",   "frames_wrong_epoch",  "frames_too_old",
    "frames_malformed",      "datagrams_late",  "datagrams_dropped",   "waiting_dropped",
    "send_blocked",          "backend_refused", "connect_failed",      "sessions_over_limit",
    "sessions_wait_expired", "accept_shed",     "clients_not_allowed", "sources_not_had",
    "source_ports_used_up",
};

template <typename Names>
std::uint64_t SumOf(const metrics::Snapshot& counters, const Names& names) {
  std::uint64_t out = 0;
  for (const char* name : names) out += counters.Value(name);
  return out;
}

double SecondsBetween(const Look& before, const Look& now) {
  return std::chrono::duration<double>(now.at - before.at).count();
}

Rate RateOf(double before, double now, double seconds) {
  if (seconds <= 0 || now < before) return std::nullopt;
  return (now - before) / seconds;
}

// The two counter files of an edge, where one process wrote both.
struct Pair {
  const metrics::Snapshot* before;
  const metrics::Snapshot* now;
  double seconds;

  template <typename Names>
  [[nodiscard]] Rate Of(const Names& names) const {
    if (before == nullptr || before->starts != now->starts) return std::nullopt;
    return RateOf(static_cast<double>(SumOf(*before, names)),
                  static_cast<double>(SumOf(*now, names)), seconds);
  }
};

const AssociationStatus* FindAssociation(const NodeView& view, const std::string& peer) {
  if (!view.sctpd.status || peer.empty()) return nullptr;
  for (const AssociationStatus& one : view.sctpd.status->associations)
    if (one.peer == peer) return &one;
  return nullptr;
}

// Its queue, and the peer that its first channel goes to.
void TakeChannels(const NodeView& view, ServiceTraffic& out) {
  if (!view.sctpd.status) return;
  for (const ChannelStatus& channel : view.sctpd.status->channels) {
    if (channel.service != out.name) continue;
    out.queued_bytes = Sum(out.queued_bytes, channel.queued_bytes);
    const AssociationStatus* association = FindAssociation(view, channel.peer);
    if (association != nullptr && !out.rtt_ms) out.rtt_ms = association->srtt_ms;
  }
}

}  // namespace

std::vector<ServiceTraffic> TrafficOfServices(const Look& before, const Look& now) {
  std::vector<ServiceTraffic> out;
  if (!now.view.configuration) return out;
  for (const config::ServiceConfig& service : now.view.configuration->services) {
    ServiceFacts facts = FactsOf(now.view, service);
    ServiceTraffic row{.name = service.name.text(), .role = facts.role, .state = facts.state};
    row.sessions = facts.sessions;
    TakeChannels(now.view, row);
    const metrics::Snapshot* counters = now.view.FindCounters(EdgeName(service));
    if (counters != nullptr) {
      Pair pair{before.view.FindCounters(EdgeName(service)), counters, SecondsBetween(before, now)};
      row.bytes_out = pair.Of(std::array{"payload_bytes_sent"});
      row.bytes_in = pair.Of(std::array{"payload_bytes_received"});
      row.frames = pair.Of(kFrames);
      row.dropped = pair.Of(kDrops);
      row.dropped_in_all = SumOf(*counters, kDrops);
    }
    out.push_back(std::move(row));
  }

  return out;
}

std::vector<PeerTraffic> TrafficOfPeers(const Look& before, const Look& now) {
  std::vector<PeerTraffic> out;
  if (!now.view.sctpd.status) return out;
  double seconds = SecondsBetween(before, now);
  for (const AssociationStatus& one : now.view.sctpd.status->associations) {
    if (one.peer.empty()) continue;
    PeerTraffic row{.name = one.peer,
                    .state = one.state,
                    .carrier = one.carrier,
                    .address = one.address,
                    .rtt_ms = one.srtt_ms,
                    .channels = one.channels};
    const AssociationStatus* earlier = FindAssociation(before.view, one.peer);
    if (earlier != nullptr && earlier->since == one.since) {
      auto rate = [&](std::int64_t AssociationStatus::* member) {
        return RateOf(static_cast<double>(earlier->*member), static_cast<double>(one.*member),
                      seconds);
      };
      row.bytes_out = rate(&AssociationStatus::bytes_sent);
      row.bytes_in = rate(&AssociationStatus::bytes_received);
      row.retransmitted = rate(&AssociationStatus::retransmitted);
    }
    out.push_back(std::move(row));
  }

  return out;
}

}  // namespace funnel::ctl
