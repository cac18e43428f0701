// OwnCore: the paths to its peers, and the figures of an association.

#include "funnel-sctpd/engine/linux_fragments.h"
#include "funnel-sctpd/engine/own/own_core.h"
#include "funnel-sctpd/engine/own/own_settings.h"

namespace funnel::sctp {
namespace {

std::chrono::milliseconds Milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

PathState StateOf(::sctp::PathState state) {
  switch (state) {
    case ::sctp::PathState::kInUse:
      return PathState::kActive;
    case ::sctp::PathState::kReachable:
      return PathState::kReachable;
    case ::sctp::PathState::kSilent:
      return PathState::kSilent;
    case ::sctp::PathState::kUntried:
      return PathState::kUntried;
  }
  return PathState::kUntried;
}

// What the sender has found out about a path, in use or not.
void AddFlow(const ::sctp::PathFlow& flow, PathStats& out) {
  if (flow.round_trip.known()) out.srtt = Milliseconds(flow.round_trip.smoothed());
  out.rto = Milliseconds(flow.round_trip.Rto());
  out.least_rtt = std::chrono::duration_cast<std::chrono::microseconds>(flow.round_trip.least());
  out.cwnd_bytes = static_cast<std::uint32_t>(flow.congestion->window_bytes());
  out.delivery_rate = flow.congestion->delivery_rate();
  out.pacing_rate = flow.congestion->pacing_rate();
  out.lost_chunks = flow.counters.lost_chunks;
  out.retransmitted_chunks = flow.counters.retransmitted_chunks;
  out.spurious_chunks = flow.counters.spurious;
  out.congestion = flow.congestion->state();
}

}  // namespace

bool OwnCore::OfferPaths(AssociationId id, std::vector<PeerPath> paths) {
  const Peer* peer = peers_.Find(id);
  const auto* association = endpoint_.Find(id);
  if (peer == nullptr || !peer->up || association == nullptr) return false;
  // Linux answers by the carrier of the last packet. A probe by another carrier would redirect what
  // Linux sends before anybody knows that it gets through.
  const bool linux_peer = association->agreed().adaptation == kLinuxFragmentsIndication;
  const Carrier carrier = CarrierOf(EngineAddress(association->paths().active().address));
  const std::size_t diverting = !linux_peer ? 0 : std::erase_if(paths, [&](const PeerPath& path) {
    return path.carrier != carrier;
  });
  if (diverting > 0 && paths.size() < 2) return false;

  std::vector<::sctp::Address> addresses;
  for (const PeerPath& path : paths) {
    const TransportAddress address =
        path.carrier == Carrier::kDirect ? path.address.WithPort(0) : path.address;
    if (CarrierOf(address) == path.carrier && link_->Reaches(address))
      addresses.push_back(CoreAddress(address));
  }
  return endpoint_.OfferPaths(id, addresses, Now());
}

void OwnCore::OnMoved(AssociationId id, const ::sctp::Address& to, bool failed) {
  ++counters_.peers_moved;
  if (failed) ++counters_.path_failures;
  if (peers_.Find(id) == nullptr) return;
  const TransportAddress address = EngineAddress(to);
  observer_.OnMoved(id, {address, CarrierOf(address)});
}

// The one in use first.
std::vector<PathStats> OwnCore::PathsOf(const ::sctp::Association& association) const {
  std::vector<PathStats> out;
  const ::sctp::Paths& paths = association.paths();
  const TimePoint now = Now();

  for (const ::sctp::Path& path : paths.all()) {
    PathStats& stats = *out.emplace(&path == &paths.active() ? out.begin() : out.end());
    stats.address = EngineAddress(path.address);
    stats.carrier = CarrierOf(stats.address);
    stats.state = StateOf(paths.StateOf(path, now));
    stats.mtu_bytes = static_cast<std::uint32_t>(
        path.mtu ? path.mtu->size_bytes() : sctp::PacketBytes(settings_, stats.address));
    stats.srtt = Milliseconds(path.smoothed);
    if (path.flow) AddFlow(*path.flow, stats);
  }

  if (const ::sctp::Sender* sender = association.sender()) {
    AddFlow(sender->flow(), out.front());
    out.front().in_flight_bytes = sender->flight().bytes();
  }
  return out;
}

std::size_t OwnCore::MaxUnfragmented(AssociationId id) const {
  const auto* association = endpoint_.Find(id);
  return association == nullptr || !association->up() ? 0
                                                      : association->sender()->MaxUnfragmented();
}

AssociationStats OwnCore::Stats(AssociationId id) const {
  AssociationStats out;
  const Peer* peer = peers_.Find(id);
  const auto* association = endpoint_.Find(id);
  if (peer == nullptr || association == nullptr) return out;

  out.paths = PathsOf(*association);
  const ::sctp::AssociationCounters counters = association->counters();

  if (const ::sctp::Sender* sender = association->sender()) {
    out.peer_window_bytes = sender->flight().peer_window_bytes();
    out.queued_bytes = static_cast<std::uint32_t>(sender->messages().bytes());
    out.unacknowledged_chunks = static_cast<std::uint32_t>(sender->flight().outstanding.size());
    out.unsent_chunks = static_cast<std::uint32_t>(sender->messages().waiting());
    out.held_messages = sender->queue().with_deadline();
  }

  out.packets_in = counters.packets_in;
  out.packets_out = counters.packets_out;
  out.bytes_in = counters.bytes_in;
  out.bytes_out = counters.bytes_out;
  out.messages_in = counters.messages_in;
  out.messages_out = counters.sent.messages;
  out.retransmitted_chunks = counters.sent.retransmitted_chunks;
  out.expired_messages = counters.sent.expired_messages;
  out.silence = Milliseconds(Now() - association->last_received());
  return out;
}

}  // namespace funnel::sctp
