// UserlandCore's way out: libusrsctp's packets, cut, numbered and summed, into the output queue.
#include <cstring>

#include "funnel-sctpd/engine/userland_core.h"

namespace funnel::sctp {

// libusrsctp may have one window unit in hand, so that it can fill packets when the window opens.
bool UserlandCore::MustHold(const Association& association) const {
  return !association.held.empty() ||
         association.unsent_bytes() >= std::max(settings_.window_unit_bytes, 1u);
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
  for (AssociationId id : associations_.Ids()) SendHeld(*associations_.Find(id), now);
}

void UserlandCore::SendHeld(Association& association, TimePoint now) {
  while (!association.held.empty()) {
    const HeldMessages::Message& message = association.held.front();
    if (message.deadline <= now) {
      ++association.expired_messages;
      ++counters_.messages_expired;
    } else {
      if (association.unsent_bytes() >= std::max(settings_.window_unit_bytes, 1u)) return;
      auto left = std::chrono::ceil<std::chrono::milliseconds>(message.deadline - now);
      if (IntoStack(association, message.stream, message.bytes, {message.unordered, left}) ==
          SendStatus::kFull)
        return;
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
  std::uint16_t peer_sctp_port = 0;
  if (association != nullptr) {
    route = &association->route;
    peer_sctp_port = association->key.sctp_port;
  } else if (input_ != nullptr && input_->port == port) {
    route = &input_->route;
    peer_sctp_port = input_->key.sctp_port;
  }
  if (route == nullptr) return;
  std::size_t limit = PacketLimit(route->peer);
  PlanPieces(packet, limit, pieces_);
  if (pieces_.size() > 1) ++counters_.output_split;
  if (association != nullptr) NoteSent(*association, packet);

  for (const PacketPiece& piece : pieces_) {
    std::size_t size = kHeaderBytes + piece.end - piece.begin;
    if (size > limit) ++counters_.output_oversize;
    MutableByteView room = queue_.Append(*route, size);
    if (room.empty()) {
      ++counters_.output_dropped;
      continue;
    }
    std::memcpy(room.data(), packet.data(), kHeaderBytes);
    std::memcpy(room.data() + kHeaderBytes, packet.data() + piece.begin, piece.end - piece.begin);
    WritePorts(room, settings_.sctp_port, peer_sctp_port);
    WriteChecksum(room);
    if (association == nullptr) continue;
    ++association->packets_out;
    association->bytes_out += size;
  }
}

// A TSN (the first field of DATA and I-DATA) that is not above all before it was sent before (RFC
// 1982 arithmetic).
void UserlandCore::NoteSent(Association& association, ByteView packet) {
  ChunkReader chunks(packet);
  while (auto chunk = chunks.Next()) {
    if (!CarriesData(chunk->type)) continue;
    std::size_t header =
        chunk->type == ChunkType::kData ? kDataHeaderBytes : kInterleavedDataHeaderBytes;
    if (chunk->value.size() < header - kChunkHeaderBytes) continue;
    auto tsn = static_cast<std::uint32_t>(LoadBigEndian<4>(chunk->value.data()));
    if (!association.any_tsn || static_cast<std::int32_t>(tsn - association.highest_tsn) > 0) {
      association.any_tsn = true;
      association.highest_tsn = tsn;
      association.first_sent_bytes += chunk->value.size() - (header - kChunkHeaderBytes);
    } else {
      ++association.retransmitted_chunks;
      ++counters_.retransmitted_chunks;
    }
  }
}

}  // namespace funnel::sctp
