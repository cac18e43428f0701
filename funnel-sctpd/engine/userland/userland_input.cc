// UserlandCore's way in: sound packets, sorted by whose they are, into libusrsctp.
#include "funnel-sctpd/engine/userland/userland_core.h"

namespace funnel::sctp {
namespace {
// libusrsctp stops taking chunks when 4,000 of them wait; a packet holds at most some 60.
constexpr std::size_t kDrainEveryPackets = 32;
}  // namespace

void UserlandCore::OnPacket(const Route& route, MutableByteView packet) {
  // Before anything refers to an association: observers may end any.
  if (undrained_packets_ >= kDrainEveryPackets) Drain();
  ++counters_.packets_in;
  counters_.bytes_in += packet.size();
  auto summary = Inspect(packet);
  if (!summary) {
    ++counters_.packets_malformed;
    return;
  }
  const PacketHeader& header = summary->header;
  PeerKey key{route.peer, header.source_port, header.destination_port};
  bool begins = summary->first == ChunkType::kInit || summary->first == ChunkType::kCookieEcho;
  Association* tagged = associations_.FindTag(header.tag);
  if (tagged != nullptr && tagged->key.sctp_port == key.sctp_port &&
      tagged->key.local_port == key.local_port) {
    if (tagged->route.peer == route.peer) return OnPeerPacket(*tagged, *summary, route, packet);
    if (tagged->state != Association::State::kConnecting && !begins)
      return OnOtherPath(*tagged, *summary, route, packet);
  }
  if (Association* association = associations_.Find(key))
    OnWrongTag(*association, *summary, route, packet);
  else if (summary->tag_reflected)
    OnRefusedPath(*summary, key);
  else if (header.destination_port == settings_.sctp_port)
    OnStrangerPacket(*summary, key, route, /*generation=*/0, packet);
  else
    OnOtherPort(*summary, route, begins);
}

// Of an earlier self of ours, as a rule: the UDP port is ours alone. Straight over IP it may be
// another's SCTP.
void UserlandCore::OnOtherPort(const PacketSummary& summary, const Route& route, bool begins) {
  ++counters_.packets_other_port;
  if (begins || CarrierOf(route.peer) != Carrier::kUdp) return;
  if (strangers_.Admit(route.peer, Strangers::Ask::kOther, Now()))
    Answer(route, summary);
  else
    ++counters_.strangers_limited;
}

// By the path in use, with its tag.
void UserlandCore::OnPeerPacket(Association& association, const PacketSummary& summary,
                                const Route& route, MutableByteView packet) {
  TimePoint now = Now();
  association.route = route;
  if (summary.uses_path) association.used = now;
  association.heard = now;
  if (summary.has_probe_answer && !TakeHeartbeats(association, summary, route, packet)) return;
  TakeIn(association, summary, packet);
}

// Association::heard is now.
void UserlandCore::TakeIn(Association& association, const PacketSummary& summary,
                          MutableByteView packet) {
  if (summary.is_traffic) active_ = association.heard;
  ++association.packets_in;
  association.bytes_in += packet.size();
  if (association.linux_fragments) ShiftFragmentNumbers(packet, 1);
  IntoStack(association.port, packet);
  if (summary.acknowledged) {
    LookForLargePackets(association, packet);
    OnAcknowledged(association, *summary.acknowledged);
  }
  if (summary.has_shutdown && association.state == Association::State::kUp) {
    // libusrsctp takes nothing more to send from here on; the peer has its time to finish.
    association.state = Association::State::kEnding;
    association.deadline = association.heard + settings_.dead_peer_timeout;
  }
}

// From where ASSOCIATION's peer is, but not for it.
void UserlandCore::OnWrongTag(Association& association, const PacketSummary& summary,
                              const Route& route, MutableByteView packet) {
  // Both may be connecting to each other: libusrsctp sorts that out (RFC 9260 section 5.2).
  if (association.state == Association::State::kConnecting)
    return IntoStack(association.port, packet);
  if (summary.first == ChunkType::kInit || summary.first == ChunkType::kCookieEcho) {
    // The peer begins anew, or somebody says so: as with any stranger, a whole handshake will tell.
    return OnStrangerPacket(summary, association.key, route, association.generation + 1, packet);
  }
  if (summary.tag_reflected && summary.header.tag == association.tags.peer)
    return IntoStack(association.port, packet);
  ++counters_.packets_bad_tag;
}

void UserlandCore::OnStrangerPacket(const PacketSummary& summary, const PeerKey& peer_key,
                                    const Route& route, std::uint64_t generation,
                                    MutableByteView packet) {
  const auto ask = summary.first == ChunkType::kInit         ? Strangers::Ask::kInit
                   : summary.first == ChunkType::kCookieEcho ? Strangers::Ask::kCookieEcho
                                                             : Strangers::Ask::kOther;
  if (!strangers_.Admit(peer_key.address, ask, Now())) {
    ++counters_.strangers_limited;
    return;
  }
  if (summary.first != ChunkType::kInit && summary.first != ChunkType::kCookieEcho)
    return Answer(route, summary);
  auto port = PortFor(peer_key, generation);
  if (!port || (summary.first == ChunkType::kCookieEcho && !MayAssociate(peer_key))) {
    ++counters_.strangers_limited;
    return;
  }
  const Input input{peer_key, route, *port, generation};
  Drain();  // so that what comes below is this packet's doing
  input_ = &input;
  IntoStack(input.port, packet);
  if (summary.first == ChunkType::kCookieEcho) Drain();
  input_ = nullptr;
}

// Whether one more association may be made by a peer that connects to us.
bool UserlandCore::MayAssociate(const PeerKey& key) {
  if (associations_.Find(key) != nullptr) return true;  // it takes the place of another
  if (associations_.size() >= settings_.max_associations) return false;
  if (strangers_.IsKnown(key.address)) return true;
  std::size_t strangers = 0, of_host = 0;
  for (AssociationId id : associations_.Ids()) {
    ++counters_.association_visits;
    const Association& other = *associations_.Find(id);
    if (!other.incoming || other.trusted || strangers_.IsKnown(other.key.address)) continue;
    ++strangers;
    if (other.key.address.SameHost(key.address)) ++of_host;
  }
  return strangers < settings_.strangers.associations &&
         of_host < settings_.strangers.associations_per_host;
}

void UserlandCore::LookForLargePackets(Association& association, ByteView packet) {
  ChunkReader chunks(packet);
  while (auto chunk = chunks.Next())
    if (chunk->type == ChunkType::kSack)
      association.large_packets.OnAcknowledged(chunk->value, association.heard);
}

void UserlandCore::OnAcknowledged(Association& association, std::uint32_t cumulative_tsn) {
  TimePoint now = association.heard;
  association.paths.OnAcknowledged(now);
  if (auto sample = association.round_trip.OnAcknowledged(cumulative_tsn, now)) {
    association.bulk.OnRoundTrip(*sample, now);
    association.srtt =
        association.srtt == Duration{0} ? *sample : (association.srtt * 7 + *sample) / 8;
  }
  if (!association.bulk.IsDue(now)) return;
  std::uint64_t queued = endpoint_->QueuedBytes(association.stack);
  association.bulk.OnProgress(association.given_bytes - std::min(association.given_bytes, queued),
                              now);
}

void UserlandCore::IntoStack(PeerPort port, MutableByteView packet) {
  WritePorts(packet, port.value(), names_.port);
  endpoint_->Input(packet);
  writable_due_ = true;
  ++undrained_packets_;
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
