// What goes into the next packet with data: what the peer is to skip, what was lost, what is new, a
// probe, copies. Whether one may leave at all is said by the congestion window, the pacer and the
// receiver's window.
//
// Order of calls: Ready(), Fill() behind what else is in the packet, OnPacketSent() when it is
// complete. Owned by the sender.
#pragma once

#include <utility>
#include <vector>

#include "sctp/send/send_state.h"

namespace sctp {

class PacketFiller {
 public:
  // PACKET_BYTES: the largest packet, SCTP's header included. STATE outlives it.
  PacketFiller(SendState& state, std::size_t packet_bytes);

  // A packet with data may leave now.
  [[nodiscard]] bool Ready(TimePoint now);
  // When one may that may not now, as far as the time alone decides; max(): it does not.
  [[nodiscard]] TimePoint NextTime(TimePoint now);
  // What the next chunk would take of a packet, so that what else there is can leave it room.
  [[nodiscard]] std::size_t NextChunkBytes();
  // Adds chunks while they fit; false if none did.
  bool Fill(BufferWriter& out, TimePoint now);
  // The packet with what Fill() added is complete.
  void OnPacketSent(std::size_t packet_bytes, TimePoint now);

  // The largest packet for what is cut from now on.
  void SetPacketBytes(std::size_t packet_bytes);
  // The largest message that travels in one chunk.
  [[nodiscard]] std::size_t full_payload() const { return full_payload_; }
  // What is sent next was cut for larger packets than leave now, and needs one of this size; 0: it
  // does not.
  [[nodiscard]] std::size_t OversizePacketBytes();
  // Whether something large was lost so often that packets of its size may not get through at all.
  [[nodiscard]] bool TakeSizeDoubt() { return std::exchange(size_doubted_, false); }

 private:
  // What a packet of that size carries of a message.
  [[nodiscard]] std::size_t FullPayload(std::size_t packet_bytes) const;
  // Whether the rate allows another packet.
  [[nodiscard]] bool MaySend(TimePoint now) const;
  [[nodiscard]] bool HasSomething(TimePoint now);
  bool AddSkip(BufferWriter& out, TimePoint now);
  bool AddLost(BufferWriter& out, TimePoint now);
  bool AddProbe(BufferWriter& out);
  bool AddNew(BufferWriter& out, TimePoint now);
  // What is due to leave a second time without having been lost, if it may still be of use.
  bool AddCopy(BufferWriter& out, TimePoint now);
  void CountSentAgain(SentChunk& chunk);
  void Write(BufferWriter& out, Tsn tsn, const SentChunk& chunk, bool immediate);
  // All that is left of the message, sent or not, is given up. Its chunks stay until the peer has
  // been told to skip them.
  void Abandon(MessageId message, TimePoint now);

  SendState& state_;
  std::size_t full_payload_, largest_payload_;
  bool size_doubted_ = false;
  std::vector<Tsn> tsns_;   // of the packet that is being filled
  std::size_t copies_ = 0;  // as many of them, the last ones, are copies
};

}  // namespace sctp
