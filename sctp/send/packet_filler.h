// Chooses what goes into the next packet with data: what the peer must skip, what was lost, new
// data, a probe, copies. The congestion window, the pacer and the receiver's window say whether a
// packet may be sent at all.
//
// Order of calls: Ready(), Fill() after the other contents of the packet, OnPacketSent() when it is
// complete. Owned by the sender.
#pragma once

#include <utility>
#include <vector>

#include "sctp/send/send_state.h"

namespace sctp {

class PacketFiller {
 public:
  // PACKET_BYTES is the largest packet, SCTP's header included. STATE outlives it.
  PacketFiller(SendState& state, std::size_t packet_bytes);

  // Whether a packet with data may be sent now.
  [[nodiscard]] bool Ready(TimePoint now);
  // When one may be sent, if only time is missing now; max(): something else is.
  [[nodiscard]] TimePoint NextTime(TimePoint now);
  // The size of the next chunk in a packet, so that the other contents can leave room for it.
  [[nodiscard]] std::size_t NextChunkBytes();
  // Adds chunks while they fit; false if none was added.
  bool Fill(BufferWriter& out, TimePoint now);
  // The packet with the chunks that Fill() added is complete.
  void OnPacketSent(std::size_t packet_bytes, TimePoint now);

  // The largest packet, for what is cut from now on.
  void SetPacketBytes(std::size_t packet_bytes);
  // The largest message that fits in one chunk.
  [[nodiscard]] std::size_t full_payload() const { return full_payload_; }
  // If the next chunk was cut for larger packets than are sent now, the size of packet that it
  // needs; 0: it fits.
  [[nodiscard]] std::size_t OversizePacketBytes();
  // Whether something large was lost so often that packets of its size may not arrive at all.
  [[nodiscard]] bool TakeSizeDoubt() { return std::exchange(size_doubted_, false); }

 private:
  // How much of a message a packet of that size can carry.
  [[nodiscard]] std::size_t FullPayload(std::size_t packet_bytes) const;
  // Whether the rate allows another packet.
  [[nodiscard]] bool MaySend(TimePoint now) const;
  [[nodiscard]] bool HasSomething(TimePoint now);
  bool AddSkip(BufferWriter& out, TimePoint now);
  bool AddLost(BufferWriter& out, TimePoint now);
  bool AddProbe(BufferWriter& out);
  bool AddNew(BufferWriter& out, TimePoint now);
  // Adds a copy of a chunk that was not lost, if one is due and still useful.
  bool AddCopy(BufferWriter& out, TimePoint now);
  void CountSentAgain(SentChunk& chunk);
  void Write(BufferWriter& out, Tsn tsn, const SentChunk& chunk, bool immediate);
  // Gives up all that is left of the message, sent or not. Its chunks stay until the peer was told
  // to skip them.
  void Abandon(MessageId message, TimePoint now);

  SendState& state_;
  std::size_t full_payload_, largest_payload_;
  bool size_doubted_ = false;
  std::vector<Tsn> tsns_;   // those in the packet that is being filled
  std::size_t copies_ = 0;  // how many of them, at the end, are copies
};

}  // namespace sctp
