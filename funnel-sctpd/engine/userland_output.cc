// UserlandCore's way out: libusrsctp's packets, cut, numbered and summed, into the output queue.
#include <cstring>

#include "funnel-sctpd/engine/userland_core.h"

namespace funnel::sctp {

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
  if (association != nullptr) CountRetransmissions(*association, packet);

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
void UserlandCore::CountRetransmissions(Association& association, ByteView packet) {
  ChunkReader chunks(packet);
  while (auto chunk = chunks.Next()) {
    if (!CarriesData(chunk->type) || chunk->value.size() < 4) continue;
    auto tsn = static_cast<std::uint32_t>(LoadBigEndian<4>(chunk->value.data()));
    if (!association.any_tsn || static_cast<std::int32_t>(tsn - association.highest_tsn) > 0) {
      association.any_tsn = true;
      association.highest_tsn = tsn;
    } else {
      ++association.retransmitted_chunks;
      ++counters_.retransmitted_chunks;
    }
  }
}

}  // namespace funnel::sctp
