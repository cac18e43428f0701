// Chunks that are sent by other paths than the one in use, each in its own packet: heartbeats, and
// answers to those of the peer. What exceeds the limit is lost, as packets may be.
//
// Owned by AssociationPaths.
#pragma once

#include <deque>

#include "common/base/token_bucket.h"
#include "sctp/base/address.h"
#include "sctp/wire/chunk.h"
#include "sctp/wire/packet.h"

namespace sctp {

class Elsewhere {
 public:
  static constexpr std::size_t kMost = 64;
  // Answers a second: enough for all paths of a peer that probes them as fast as it may.
  static constexpr funnel::TokenBucket::Rate kAnswers{100, 100};

  // Sends a HEARTBEAT with INFO. PAD_TO is the size of its packet; 0: no padding.
  void Ask(const Address& to, ByteView info, std::size_t pad_to = 0);
  // BODY is that of the HEARTBEAT; it must fit into a packet of PACKET_BYTES.
  void Answer(const Address& to, ByteView body, std::size_t packet_bytes, TimePoint now);

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  // The next one's destination, and the size that it must have; 0: any.
  [[nodiscard]] const Address& to() const { return waiting_.front().to; }
  [[nodiscard]] std::size_t pad_to() const { return waiting_.front().pad_to; }
  // Writes the next one into PACKET, which has room for pad_to().
  void WriteNext(PacketWriter& packet);

 private:
  struct Waiting {
    Address to;
    Bytes chunk;
    std::size_t pad_to = 0;
  };
  void Add(const Address& to, ChunkType type, ByteView body, std::size_t pad_to);

  std::deque<Waiting> waiting_;
  funnel::TokenBucket answers_;
};

}  // namespace sctp
