#include "sctp/send/flight.h"

namespace sctp {

void Flight::Leave(SentChunk& chunk) {
  const std::size_t size = SizeOf(chunk.fragment);
  packets.ChunkLeaves(chunk.packet, size);
  if (chunk.copied_later > 0)
    packets.ChunkLeaves(PacketNumber(chunk.packet.value() + chunk.copied_later), size);
  chunk.copied_later = 0;
}

void Flight::LoseAll() {
  for (PacketNumber i = packets.begin(); i < packets.end(); i = PacketNumber(i.value() + 1)) {
    packets.ForTsns(*packets.Find(i), [&](Tsn tsn) {
      SentChunk* chunk = outstanding.Find(tsn);
      if (chunk == nullptr || chunk->packet != i || chunk->state != SentChunk::State::kInFlight)
        return;
      Leave(*chunk);
      outstanding.SetState(*chunk, tsn, SentChunk::State::kLost);
      // If the peer gets it twice, that means nothing.
      chunk->transmissions = std::max<std::uint8_t>(chunk->transmissions, 3);
    });
  }
  packets.Trim();
}

}  // namespace sctp
