// UserlandCore's way in: sound packets, sorted by whose they are, into libusrsctp.
#include "funnel-sctpd/engine/userland_core.h"

namespace funnel::sctp {
namespace {
// libusrsctp stops taking chunks when 4,000 of them wait; a packet holds at most some 60.
constexpr std::size_t kDrainEveryPackets = 32;
}  // namespace

void UserlandCore::OnPacket(const Route& route, MutableByteView packet) {
  ++counters_.packets_in;
  counters_.bytes_in += packet.size();
  auto summary = Inspect(packet);
  if (!summary) {
    ++counters_.packets_malformed;
    return;
  }
  if (summary->header.destination_port != settings_.sctp_port) {
    ++counters_.packets_other_port;
    return;
  }
  PeerKey key{route.peer, summary->header.source_port};
  if (Association* association = associations_.Find(key))
    OnPeerPacket(*association, *summary, route, packet);
  else
    OnStrangerPacket(*summary, {key, route, PortFor(key, 0), 0}, packet);
}

// A NAT between us may give the peer another UDP port at any time. Its packets are known by the
// tag, which nobody off the path knows; the host must be the same, so that nobody on the path can
// send the rest elsewhere by repeating one.
Association* UserlandCore::FindMoved(const PacketSummary& summary, const PeerKey& key) const {
  if (summary.first == ChunkType::kInit || summary.first == ChunkType::kCookieEcho) return nullptr;
  for (AssociationId id : associations_.Ids()) {
    Association* candidate = associations_.Find(id);
    if (candidate->state != Association::State::kConnecting &&
        candidate->tags.local == summary.header.tag && candidate->key.sctp_port == key.sctp_port &&
        candidate->key.address.SameHost(key.address) &&
        CarrierOf(candidate->key.address) == CarrierOf(key.address))
      return candidate;
  }
  return nullptr;
}

void UserlandCore::OnPeerPacket(Association& association, const PacketSummary& summary,
                                const Route& route, MutableByteView packet) {
  bool ours = summary.header.tag == association.tags.local && summary.first != ChunkType::kInit;
  if (ours) {
    association.heard = Now();
    if (summary.is_traffic) active_ = association.heard;
    association.route = route;
    ++association.packets_in;
    association.bytes_in += packet.size();
    if (association.linux_fragments) ShiftFragmentNumbers(packet, 1);
    IntoStack(association.port, packet);
    if (summary.acknowledged) OnAcknowledged(association, *summary.acknowledged);
    return;
  }
  // Both may be connecting to each other: libusrsctp sorts that out (RFC 9260 section 5.2).
  if (association.state == Association::State::kConnecting)
    return IntoStack(association.port, packet);
  if (summary.first == ChunkType::kInit || summary.first == ChunkType::kCookieEcho) {
    // The peer begins anew, or somebody says so: as with any stranger, a whole handshake will tell.
    std::uint64_t generation = association.generation + 1;
    return OnStrangerPacket(
        summary, {association.key, route, PortFor(association.key, generation), generation},
        packet);
  }
  if (summary.tag_reflected && summary.header.tag == association.tags.peer)
    return IntoStack(association.port, packet);
  ++counters_.packets_bad_tag;
}

void UserlandCore::OnStrangerPacket(const PacketSummary& summary, const Input& input,
                                    MutableByteView packet) {
  if (!strangers_.Admit(input.key.address, Now())) {
    ++counters_.strangers_limited;
    return;
  }
  if (Association* moved = FindMoved(summary, input.key)) {
    ++counters_.peers_moved;
    associations_.Move(*moved, input.key);
    return OnPeerPacket(*moved, summary, input.route, packet);
  }
  if (summary.first != ChunkType::kInit && summary.first != ChunkType::kCookieEcho)
    return Answer(input.route, summary);
  if (summary.first == ChunkType::kCookieEcho && !MayAssociate(input.key)) {
    ++counters_.strangers_limited;
    return;
  }
  Drain();  // so that what comes below is this packet's doing
  input_ = &input;
  IntoStack(input.port, packet);
  if (summary.first == ChunkType::kCookieEcho) Drain();
  input_ = nullptr;
}

// Whether one more association may be made by a peer that connects to us.
bool UserlandCore::MayAssociate(const PeerKey& key) const {
  if (associations_.Find(key) != nullptr) return true;  // it takes the place of another
  if (associations_.size() >= settings_.max_associations) return false;
  if (strangers_.IsKnown(key.address)) return true;
  std::size_t strangers = 0, of_host = 0;
  for (AssociationId id : associations_.Ids()) {
    const Association& other = *associations_.Find(id);
    if (!other.incoming || other.trusted || strangers_.IsKnown(other.key.address)) continue;
    ++strangers;
    if (other.key.address.SameHost(key.address)) ++of_host;
  }
  return strangers < settings_.strangers.associations &&
         of_host < settings_.strangers.associations_per_host;
}

void UserlandCore::OnAcknowledged(Association& association, std::uint32_t cumulative_tsn) {
  TimePoint now = association.heard;
  if (auto sample = association.round_trip.OnAcknowledged(cumulative_tsn, now))
    association.bulk.OnRoundTrip(*sample, now);
  if (!association.bulk.IsDue(now)) return;
  std::uint64_t queued = endpoint_->QueuedBytes(association.stack);
  association.bulk.OnProgress(association.given_bytes - std::min(association.given_bytes, queued),
                              now);
}

void UserlandCore::IntoStack(PeerPort port, MutableByteView packet) {
  WritePorts(packet, port.value(), names_.port);
  endpoint_->Input(packet);
  writable_due_ = true;
  if (++undrained_packets_ >= kDrainEveryPackets) Drain();
}

void UserlandCore::Answer(const Route& route, const PacketSummary& summary) {
  Bytes answer = AnswerOutOfTheBlue(summary);
  MutableByteView room = answer.empty() ? MutableByteView{} : queue_.Append(route, answer.size());
  if (room.empty()) {
    ++counters_.strangers_ignored;
    return;
  }
  std::copy(answer.begin(), answer.end(), room.begin());
  ++counters_.strangers_answered;
}

}  // namespace funnel::sctp
