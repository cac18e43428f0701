// UserlandCore's way out: libusrsctp's packets, cut, numbered and summed, into the output queue.
#include <cstring>

#include "funnel-sctpd/engine/userland/userland_core.h"

namespace funnel::sctp {

// libusrsctp may have one window unit in hand, so that it can fill packets when the window opens,
// or what the path takes in an instant.
std::size_t UserlandCore::UnsentLimit(const Association& association) const {
  return std::max<std::size_t>({settings_.window_unit_bytes, association.bulk.backlog(), 1});
}

// A service of many small sessions is bulk as well: what the stack has in hand goes before what
// waits here, so it gets a frame's worth of that beyond what it needs, and while something waits
// here, no more than of this. So neither keeps the other out.
bool UserlandCore::MayGo(const Association& association, std::size_t bytes) const {
  if (!association.held.empty()) return bytes <= association.beside_held_bytes;
  return association.unsent_bytes() < UnsentLimit(association) ||
         association.ahead_bytes < kBulkFrameBytes;
}

// They have just gone.
void UserlandCore::NoteTurn(Association& association, std::size_t bytes) const {
  if (!association.held.empty())
    association.beside_held_bytes -= bytes;
  else if (association.unsent_bytes() < UnsentLimit(association) + bytes)
    association.ahead_bytes = bytes;
  else
    association.ahead_bytes += bytes;
}

bool UserlandCore::MustHold(const Association& association) const {
  return !association.held.empty() || association.unsent_bytes() >= UnsentLimit(association);
}

SendStatus UserlandCore::Hold(Association& association, StreamId stream, ByteView message,
                              const SendOptions& options) {
  if (association.held.bytes() + message.size() > settings_.send_buffer_bytes / 4)
    return SendStatus::kFull;
  association.held.Push(
      {stream, options.unordered, Now() + options.lifetime, Bytes(message.begin(), message.end())});
  ++held_;
  return SendStatus::kSent;
}

SendStatus UserlandCore::IntoStack(Association& association, StreamId stream, ByteView message,
                                   const SendOptions& options) {
  // Counted before: it may leave from inside the call.
  association.given_bytes += message.size();
  SendStatus status = endpoint_->Send(association.stack, stream, message, options);
  if (status != SendStatus::kSent) association.given_bytes -= message.size();
  return status;
}

void UserlandCore::SendHeld() {
  if (held_ == 0) return;
  TimePoint now = Now();
  for (AssociationId id : associations_.Ids()) {
    ++counters_.association_visits;
    SendHeld(*associations_.Find(id), now);
  }
}

void UserlandCore::SendHeld(Association& association, TimePoint now) {
  while (!association.held.empty()) {
    const HeldMessages::Message& message = association.held.front();
    if (message.deadline <= now) {
      ++association.expired_messages;
      ++counters_.messages_expired;
    } else {
      if (association.unsent_bytes() >= UnsentLimit(association)) return;
      auto left = std::chrono::ceil<std::chrono::milliseconds>(message.deadline - now);
      if (IntoStack(association, message.stream, message.bytes, {message.unordered, left}) ==
          SendStatus::kFull)
        return;
      association.beside_held_bytes =
          std::min(association.beside_held_bytes + message.bytes.size(), kBulkFrameBytes);
    }
    association.held.Pop();
    --held_;
  }
}

void UserlandCore::OnStackOutput(ByteView packet) {
  auto header = ReadHeader(packet);
  if (!header) return;
  PeerPort port(header->destination_port);
  Association* association = associations_.Find(port);
  const Route* route = nullptr;
  const PeerKey* key = nullptr;
  if (association != nullptr) {
    route = &association->route;
    key = &association->key;
  } else if (input_ != nullptr && input_->port == port) {
    route = &input_->route;
    key = &input_->key;
  }
  if (route == nullptr) return;
  bool to_linux = association != nullptr && association->linux_fragments;
  auto travel = to_linux ? OutputQueue::Travel::kAlone : OutputQueue::Travel::kInTrains;
  std::size_t limit = PacketLimit(route->peer);
  if (association != nullptr) packet = WithoutEarlyResends(*association, packet);
  if (packet.size() <= kHeaderBytes) return;
  PlanPieces(packet, limit, pieces_);
  if (pieces_.size() > 1) ++counters_.output_split;

  for (const PacketPiece& piece : pieces_) {
    std::size_t size = kHeaderBytes + piece.end - piece.begin;
    if (size > limit) ++counters_.output_oversize;
    MutableByteView room = queue_.Append(*route, size, travel);
    if (room.empty()) {
      ++counters_.output_dropped;
      continue;
    }
    std::memcpy(room.data(), packet.data(), kHeaderBytes);
    std::memcpy(room.data() + kHeaderBytes, packet.data() + piece.begin, piece.end - piece.begin);
    WritePorts(room, key->local_port, key->sctp_port);
    if (to_linux) ShiftFragmentNumbers(room, -1);
    WriteChecksum(room);
    if (association == nullptr) continue;
    ++association->packets_out;
    association->bytes_out += size;
  }
}

// Whether CHUNK should go out; notes that it does.
bool UserlandCore::MayLeave(Association& association, const Chunk& chunk, TimePoint now) {
  std::size_t header =
      chunk.type == ChunkType::kData ? kDataHeaderBytes : kInterleavedDataHeaderBytes;
  if (chunk.value.size() < 4) return true;
  // The first field of DATA, I-DATA, FORWARD-TSN and I-FORWARD-TSN.
  auto tsn = static_cast<std::uint32_t>(LoadBigEndian<4>(chunk.value.data()));
  if (chunk.type == ChunkType::kForwardTsn || chunk.type == ChunkType::kInterleavedForwardTsn)
    association.large_packets.OnGivenUp(tsn);
  if (!CarriesData(chunk.type) || chunk.value.size() < header - kChunkHeaderBytes) return true;
  switch (association.guard.OnChunk(tsn, now, association.guarded)) {
    case ResendGuard::Verdict::kFirst:
      association.first_sent_bytes += chunk.value.size() - (header - kChunkHeaderBytes);
      association.large_packets.OnSent(tsn, chunk.end - chunk.begin, now);
      association.round_trip.OnFirstSent(tsn, now);
      return true;
    case ResendGuard::Verdict::kResend:
      association.round_trip.OnResent(tsn);
      association.large_packets.OnSent(tsn, chunk.end - chunk.begin, now);
      ++association.retransmitted_chunks;
      ++counters_.retransmitted_chunks;
      return true;
    case ResendGuard::Verdict::kTooEarly:
      ++counters_.resends_withheld;
      return false;
  }
  return true;
}

// PACKET itself, as a rule.
ByteView UserlandCore::WithoutEarlyResends(Association& association, ByteView packet) {
  TimePoint now = Now();
  bool trimmed = false;
  ChunkReader chunks(packet);
  while (auto chunk = chunks.Next()) {
    if (MayLeave(association, *chunk, now)) {
      if (trimmed)
        trimmed_.insert(trimmed_.end(), packet.begin() + static_cast<std::ptrdiff_t>(chunk->begin),
                        packet.begin() + static_cast<std::ptrdiff_t>(chunk->end));
    } else if (!trimmed) {
      trimmed = true;
      trimmed_.assign(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(chunk->begin));
    }
  }
  return trimmed ? ByteView(trimmed_) : packet;
}

}  // namespace funnel::sctp
