// Endpoint: which association a packet belongs to, and the answers to packets that belong to none
// (RFC 9260 sections 8.4, 8.5).
#include "sctp/endpoint/endpoint.h"

namespace sctp {

void Endpoint::OnPacket(const Address& from, MutableByteView bytes, Checksum checksum,
                        TimePoint now) {
  const auto packet = PacketView::Parse(bytes, checksum);
  if (!packet) {
    ++counters_.packets_malformed;
    return;
  }

  ChunkReader chunks(packet->chunks);
  const auto first = chunks.Next();
  if (!first) {
    ++counters_.packets_malformed;
    return;
  }

  const SlotPlace place = PlaceOf(from, packet->header);
  const bool begins = first->type == ChunkType::kInit || first->type == ChunkType::kCookieEcho;
  if (begins && place.own_port != settings_.port && slots_.FindPlace(place) == nullptr) {
    ++counters_.packets_other_port;
    return;
  }

  if (first->type == ChunkType::kInit) {
    if (Padded(first->whole.size()) < packet->chunks.size())
      ++counters_.inits_bad;
    else
      responder_.OnInit(from, *packet, *first, now);
    return;
  }

  if (first->type == ChunkType::kCookieEcho) {
    if (const auto cookie = responder_.OnCookieEcho(from, *packet, *first, now))
      acceptor_.OnCookie(place, *cookie, *packet, now);
    return;
  }
  if ((first->type == ChunkType::kAbort || first->type == ChunkType::kShutdownComplete) &&
      (first->flags & kReflectedTagFlag) != 0) {
    OnReflected(from, *packet, now);
    return;
  }

  OnOther(from, *packet, *first, now);
}

void Endpoint::OnOther(const Address& from, const PacketView& packet, const ChunkView& first,
                       TimePoint now) {
  const SlotPlace place = PlaceOf(from, packet.header);
  Slot* const found = slots_.FindTag(packet.header.tag);
  if (found == nullptr) {
    // There is an association between these ports and addresses, with another tag (section 8.5).
    // Only a peer that begins cannot know what a SHUTDOWN ACK is about (section 8.5.1).
    const Slot* const other = slots_.FindPlace(place);
    if (other != nullptr &&
        (other->association->sender() != nullptr || first.type != ChunkType::kShutdownAck)) {
      ++counters_.packets_bad_tag;
      return;
    }
    if (place.own_port != settings_.port) ++counters_.packets_other_port;
    // Directly over IP, another port may belong to other SCTP; over UDP all ports are ours.
    if (place.own_port == settings_.port || from.port != 0)
      responder_.OnOutOfTheBlue(from, packet, first, now);
    return;
  }

  Slot& slot = *found;
  if (slot.place.port != place.port || slot.place.own_port != place.own_port ||
      !slot.association->OnPacket(from, packet, now)) {
    ++counters_.packets_other_place;
    return;
  }

  if (slot.association->wants_new_tag()) slots_.Renew(slot);
  // The peer has answered: so the claim that it had restarted was forged.
  if (slot.successor && !slot.association->asking()) slot.successor.reset();
  turns_.Touch(slot);
}

AssociationId Endpoint::ClaimedBy(ByteView packet) const {
  constexpr std::size_t kTagAt = 4;
  if (packet.size() < kCommonHeaderSize) return AssociationId(0);
  const VerificationTag tag(
      static_cast<std::uint32_t>(funnel::LoadBigEndian<4>(packet.data() + kTagAt)));
  const Slot* const slot = slots_.FindTag(tag);
  return slot == nullptr ? AssociationId(0) : slot->id;
}

// ABORT or SHUTDOWN COMPLETE from a peer that knows no such association, with the tag that we sent
// (section 8.5.1).
void Endpoint::OnReflected(const Address& from, const PacketView& packet, TimePoint now) {
  Slot* const found = slots_.FindPlace(PlaceOf(from, packet.header));
  if (found == nullptr) {
    ++counters_.packets_other_place;
    return;
  }
  Slot& slot = *found;
  const AssociationIdentity& identity = slot.association->identity();
  if (identity.peer_tag != packet.header.tag || identity.peer_tag == VerificationTag(0)) {
    ++counters_.packets_bad_tag;
    return;
  }
  slot.association->OnPacket(from, packet, now);
  turns_.Touch(slot);
}

}  // namespace sctp
