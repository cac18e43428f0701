// Endpoint: which association a packet belongs to, and the answers to packets that belong to none
// (RFC 9260 sections 8.4, 8.5).
#include "sctp/endpoint/endpoint.h"
#include "sctp/endpoint/slot.h"

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

  const Place place = PlaceOf(from, packet->header);
  const bool begins = first->type == ChunkType::kInit || first->type == ChunkType::kCookieEcho;
  if (begins && place.own_port != settings_.port && FindPlace(place) == nullptr) {
    ++counters_.packets_other_port;
    return;
  }

  if (first->type == ChunkType::kInit) {
    if (Padded(first->whole.size()) < packet->chunks.size())
      ++counters_.inits_bad;
    else
      OnInit(from, *packet, *first, now);
    return;
  }

  if (first->type == ChunkType::kCookieEcho) {
    OnCookieEcho(from, *packet, *first, now);
    return;
  }
  if ((first->type == ChunkType::kAbort || first->type == ChunkType::kShutdownComplete) &&
      (first->flags & kReflectedTagFlag) != 0) {
    OnReflected(from, *packet, *first, now);
    return;
  }

  const auto found = by_tag_.find(packet->header.tag.value());
  if (found == by_tag_.end()) {
    // There is an association between these ports and addresses, with another tag (section 8.5).
    // Only a peer that begins cannot know what a SHUTDOWN ACK is about (section 8.5.1).
    const Slot* const other = FindPlace(place);
    if (other != nullptr &&
        (other->association->sender() != nullptr || first->type != ChunkType::kShutdownAck)) {
      ++counters_.packets_bad_tag;
      return;
    }
    if (place.own_port != settings_.port) ++counters_.packets_other_port;
    // Directly over IP, another port may belong to other SCTP; over UDP all ports are ours.
    if (place.own_port == settings_.port || from.port != 0)
      OutOfTheBlue(from, *packet, *first, now);
    return;
  }

  Slot& slot = *slots_[found->second];
  if (slot.place.port != place.port || slot.place.own_port != place.own_port ||
      !slot.association->OnPacket(from, *packet, now)) {
    ++counters_.packets_other_place;
    return;
  }

  if (slot.association->wants_new_tag()) Renew(slot);
  // The peer has answered: so the claim that it had restarted was forged.
  if (slot.successor && !slot.association->asking()) slot.successor.reset();
  Touch(slot);
}

// ABORT or SHUTDOWN COMPLETE from a peer that knows no such association, with the tag that we sent
// (section 8.5.1).
void Endpoint::OnReflected(const Address& from, const PacketView& packet, const ChunkView& chunk,
                           TimePoint now) {
  Slot* const found = FindPlace(PlaceOf(from, packet.header));
  if (found == nullptr) {
    ++counters_.packets_other_place;
    return;
  }
  Slot& slot = *found;
  const Association::Identity& identity = slot.association->identity();
  if (identity.peer_tag != packet.header.tag || identity.peer_tag == VerificationTag(0)) {
    ++counters_.packets_bad_tag;
    return;
  }
  (void)chunk;
  slot.association->OnPacket(from, packet, now);
  Touch(slot);
}

// Section 8.4.
void Endpoint::OutOfTheBlue(const Address& from, const PacketView& packet, const ChunkView& first,
                            TimePoint now) {
  ++counters_.packets_bad_tag;

  ChunkReader chunks(packet.chunks);
  while (const auto chunk = chunks.Next())
    if (chunk->type == ChunkType::kAbort) return;

  switch (first.type) {
    case ChunkType::kShutdownComplete:
    case ChunkType::kCookieAck:
    case ChunkType::kError:
    case ChunkType::kInitAck:
      return;
    default:
      break;
  }

  if (!Admit(from, EndpointPolicy::Ask::kOther, now)) return;
  ++counters_.out_of_the_blue;

  const ChunkType answer =
      first.type == ChunkType::kShutdownAck ? ChunkType::kShutdownComplete : ChunkType::kAbort;
  ReplyWith(from, Turned(packet.header, packet.header.tag),
            [&](BufferWriter& out) { WriteChunk(out, answer, kReflectedTagFlag, {}); });
}

}  // namespace sctp
