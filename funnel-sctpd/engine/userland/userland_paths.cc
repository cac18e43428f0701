// UserlandCore and the ways to its peers (paths.h): whose packets come by which, and changing.
#include "funnel-sctpd/engine/path/path_probe.h"
#include "funnel-sctpd/engine/userland/userland_core.h"

namespace funnel::sctp {
namespace {

// Heartbeats by other paths than the one in use, answered a second: all paths of a peer that
// probes them at its quickest.
constexpr unsigned kMaxAnswers = 100;
constexpr std::chrono::seconds kAnswersWindow{1};

}  // namespace

bool UserlandCore::OfferPaths(AssociationId id, std::vector<PeerPath> paths) {
  Association* association = associations_.Find(id);
  if (association == nullptr || association->state != Association::State::kUp) return false;
  // Linux answers by the carrier of the last packet, so that a probe by another one would redirect
  // what it sends before anybody knows that it gets through.
  std::size_t diverting = !association->linux_fragments ? 0 : std::erase_if(paths, [&](auto& path) {
    return path.carrier != CarrierOf(association->route.peer);
  });
  if (diverting > 0 && paths.size() < 2) return false;
  std::vector<TransportAddress> addresses;
  for (const PeerPath& path : paths) {
    TransportAddress address =
        path.carrier == Carrier::kDirect ? path.address.WithPort(0) : path.address;
    if (CarrierOf(address) == path.carrier && link_->Reaches(address)) addresses.push_back(address);
  }
  association->paths.Offer(addresses, active_ = Now());
  LimitPackets(*association);
  return true;
}

// The right tag by another path than the one in use: nobody off the way between us knows it, so
// what SCTP itself protects (data in order, acknowledgements) is taken; whoever has seen one packet
// could have sent it, so what ends an association is not, and our own packets do not go there yet.
void UserlandCore::OnOtherPath(Association& association, const PacketSummary& summary,
                               const Route& route, MutableByteView packet) {
  TimePoint now = Now();
  Paths::Path* path = association.paths.Find(route.peer);
  if (path == nullptr) {
    if (!association.paths.MayLookElsewhere(now)) {
      ++counters_.strangers_limited;
      return;
    }
    // A NAT that changes its ports is followed at any time; to another host only somebody who has
    // been verified.
    bool near = association.route.peer.SameHost(route.peer) &&
                CarrierOf(association.route.peer) == CarrierOf(route.peer);
    if (association.trusted || near) path = association.paths.Learn(route, now);
  }
  if (path == nullptr || (summary.has_control && path->proven == TimePoint{})) {
    ++counters_.packets_unproven;
    return;
  }
  association.heard = now;
  // By an idle path of the peer's, or because a NAT gave an idle peer another port: is it there,
  // and is it still where it was?
  if (summary.has_heartbeat && path->learned == now)
    SendProbe(association, association.paths.ProbeActive(now));
  if (association.paths.OnHeard(*path, route, summary.uses_path, now))
    SendProbe(association, association.paths.Probe(*path, now));
  if ((summary.has_heartbeat || summary.has_probe_answer) &&
      !TakeHeartbeats(association, summary, route, packet))
    return;
  TakeIn(association, summary, packet);
}

// An ABORT with the tag that we send with, from where no association is: it is about a path that we
// only probe.
void UserlandCore::OnRefusedPath(const PacketSummary& summary, const PeerKey& key) {
  if (!strangers_.Admit(key.address, Strangers::Ask::kOther, Now())) {
    ++counters_.strangers_limited;
    return;
  }
  for (AssociationId id : associations_.Ids()) {
    Association& association = *associations_.Find(id);
    if (association.tags.peer == summary.header.tag && association.key.sctp_port == key.sctp_port &&
        association.key.local_port == key.local_port)
      return association.paths.OnRefused(key.address, Now());
  }
  ++counters_.strangers_ignored;
}

// Takes out of PACKET what is not libusrsctp's business: answers to our probes, and heartbeats that
// it would answer by the path in use. False: nothing else was in it.
bool UserlandCore::TakeHeartbeats(Association& association, const PacketSummary& summary,
                                  const Route& route, MutableByteView packet) {
  bool in_use = association.route.peer == route.peer, more = false;
  ChunkReader chunks(packet);
  while (auto chunk = chunks.Next()) {
    auto nonce = chunk->type == ChunkType::kHeartbeatAck ? ReadProbe(*chunk) : std::nullopt;
    bool foreign = chunk->type == ChunkType::kHeartbeat && !in_use;
    if (foreign) AnswerHeartbeat(association, summary, route, *chunk);
    if (nonce && !association.paths.empty() &&
        !association.paths.OnAnswer(route, *nonce, association.heard))
      ++counters_.packets_unproven;
    if (foreign || nonce)
      packet[chunk->begin] = static_cast<std::uint8_t>(ChunkType::kPad);
    else
      more = true;
  }
  return more;
}

void UserlandCore::AnswerHeartbeat(Association& association, const PacketSummary& summary,
                                   const Route& route, const Chunk& heartbeat) {
  TimePoint now = association.heard;
  if (now - association.answers_since >= kAnswersWindow) {
    association.answers_since = now;
    association.answers = 0;
  }
  if (++association.answers > kMaxAnswers) {
    ++counters_.packets_unproven;
    return;
  }
  MutableByteView room =
      queue_.Append(route, HeartbeatAnswerBytes(heartbeat), OutputQueue::Travel::kAlone);
  if (room.empty()) return;
  WriteHeartbeatAnswer(
      room, {summary.header.destination_port, summary.header.source_port, association.tags.peer},
      heartbeat);
}

void UserlandCore::SendProbe(Association& association, const Paths::Order& order) {
  MutableByteView room = queue_.Append(order.route, kProbePacketBytes, OutputQueue::Travel::kAlone);
  if (room.empty()) return;
  WriteProbe(room, {association.key.local_port, association.key.sctp_port, association.tags.peer},
             order.nonce);
}

void UserlandCore::CheckPaths(Association& association, std::size_t queued_bytes, TimePoint now) {
  if (association.paths.empty()) return;
  orders_.clear();
  association.paths.OnTime(
      {.in_flight = queued_bytes > 0, .used = association.used, .round_trip = association.srtt},
      now, orders_);
  for (const Paths::Order& order : orders_) SendProbe(association, order);
  if (auto route = association.paths.TakeWish()) MoveTo(association, *route, now);
}

void UserlandCore::MoveTo(Association& association, const Route& route, TimePoint now) {
  ++counters_.peers_moved;
  if (association.paths.suspect()) ++counters_.path_failures;
  association.paths.MoveTo(route.peer, now);
  associations_.Move(association,
                     {route.peer, association.key.sctp_port, association.key.local_port});
  association.route = route;
  association.used = active_ = now;
  LimitPackets(association);
  moved_.push_back(association.id);
}

// What travels in one packet does so by each of the paths. Never more than before: messages were
// cut for it.
void UserlandCore::LimitPackets(Association& association) {
  std::size_t limit = PacketLimit(association.route.peer);
  for (const Paths::Path& path : association.paths.all())
    limit = std::min(limit, PacketLimit(path.route.peer));
  if (association.packet_limit != 0 && limit >= association.packet_limit) return;
  association.packet_limit = limit;
  endpoint_->LimitChunks(association.stack, limit - kHeaderBytes);
  association.max_unfragmented = endpoint_->LargestSingleChunk(association.stack);
}

void UserlandCore::TellMoved() {
  while (!moved_.empty()) {
    std::vector<AssociationId> now;
    now.swap(moved_);
    for (AssociationId id : now) {
      Association* association = associations_.Find(id);
      if (association == nullptr) continue;
      const TransportAddress& peer = association->route.peer;
      observer_.OnMoved(id, {peer, CarrierOf(peer)});
    }
  }
}

}  // namespace funnel::sctp
