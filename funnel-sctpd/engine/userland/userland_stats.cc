// What UserlandCore tells of itself.
#include "funnel-sctpd/engine/userland/userland_core.h"

namespace funnel::sctp {
namespace {

void AddOtherPaths(const Paths& paths, TimePoint now, std::vector<PathStats>& out) {
  for (const Paths::Path& path : paths.all()) {
    if (&path == &paths.active()) continue;
    PathStats stats;
    stats.address = path.route.peer;
    stats.carrier = CarrierOf(path.route.peer);
    stats.state = paths.StateOf(path, now);
    stats.srtt = std::chrono::duration_cast<std::chrono::milliseconds>(path.srtt);
    out.push_back(stats);
  }
}

}  // namespace

AssociationStats UserlandCore::Stats(AssociationId id) const {
  AssociationStats out;
  Association* association = associations_.Find(id);
  if (association == nullptr) return out;
  out.paths.emplace_back();
  if (auto status = endpoint_->Status(association->stack)) {
    out.paths[0] = status->path;
    out.peer_window_bytes = status->peer_window_bytes;
    out.unacknowledged_chunks = status->unacknowledged_chunks;
    out.unsent_chunks = status->unsent_chunks;
  }
  out.paths[0].address = association->route.peer;
  out.paths[0].carrier = CarrierOf(association->route.peer);
  out.paths[0].state = PathState::kActive;
  AddOtherPaths(association->paths, Now(), out.paths);
  out.queued_bytes = static_cast<std::uint32_t>(endpoint_->QueuedBytes(association->stack));
  out.packets_in = association->packets_in;
  out.packets_out = association->packets_out;
  out.bytes_in = association->bytes_in;
  out.bytes_out = association->bytes_out;
  out.messages_in = association->messages_in;
  out.messages_out = association->messages_out;
  out.retransmitted_chunks = association->retransmitted_chunks;
  out.expired_messages = association->expired_messages;
  out.held_messages = association->held.size();
  if (const std::size_t chunk = association->large_packets.vanishing_chunk_bytes(); chunk != 0)
    out.vanishing_packet_bytes = chunk + kHeaderBytes + HeadersBelow(association->route.peer);
  out.since_heard =
      std::chrono::duration_cast<std::chrono::milliseconds>(Now() - association->heard);
  return out;
}

EngineCounters UserlandCore::counters() const {
  EngineCounters out = counters_;
  out.associations_now = associations_.size();
  out.queue_now_bytes = queue_.bytes() + link_->waiting_bytes();
  return out;
}

}  // namespace funnel::sctp
