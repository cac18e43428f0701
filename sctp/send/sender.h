// The sending half of an association: what waits, what is on its way, when it counts as lost, and
// how fast it may leave.
//
// Order of calls: whoever builds packets asks Ready(), lets Fill() add chunks behind what else is
// in the packet, and tells OnPacketSent() when it is complete.
#pragma once

#include <utility>
#include <vector>

#include "sctp/send/copies.h"
#include "sctp/send/outstanding.h"
#include "sctp/send/path_flow.h"
#include "sctp/send/skipping.h"
#include "sctp/wire/sack_chunk.h"

namespace sctp {

enum class SendStatus {
  kSent,      // taken over; the bytes were copied
  kFull,      // as much waits as may; became_writable() follows
  kTooLarge,  // larger than Settings::max_message_bytes
  kGone,      // no such stream, or nothing may be sent (any more)
};

struct SendOptions {
  std::uint32_t protocol = 0;
  bool unordered = false;
  // Given up when it comes before the message was sent; max() is reliable.
  TimePoint deadline = TimePoint::max();
  // If it travels in one chunk, that leaves a second time, Settings::copy_after later (copies.h),
  // as far as the congestion window has room.
  bool copy = false;
  // Of its stream, from its next turn on; nullopt: as it was.
  std::optional<StreamShare> share = std::nullopt;
};

struct SenderCounters {
  std::uint64_t messages = 0, chunks = 0, retransmitted_chunks = 0, lost_chunks = 0;
  std::uint64_t spurious = 0;  // chunks declared lost that were not
  std::uint64_t undone = 0;    // reductions of the rate that were taken back
  std::uint64_t probes = 0, timeouts = 0;
  std::uint64_t copies = 0;              // chunks that left a second time because that was wanted
  std::uint64_t expired_messages = 0;    // before anything of them was sent
  std::uint64_t abandoned_messages = 0;  // later
  std::uint64_t sacks_stale = 0, sacks_invalid = 0;
};

class Sender {
 public:
  struct Settings : PathFlow::Settings {
    SendQueue::Settings queue;
    bool partial_reliability = true;
    std::size_t max_message_bytes = 1 << 20;
    // And an eighth more for streams of which little waits.
    std::size_t buffer_bytes = 4 << 20;
    // Receivers of other makes, and replay windows above, hold no more.
    std::size_t max_outstanding_chunks = 4096;
    bool pacing = true;
    Duration copy_after = std::chrono::milliseconds(5);
    bool linux_fragments = false;  // AssociationSettings::linux_fragments
  };
  // PACKET_BYTES: the largest packet, SCTP's header included. BUFFERS outlives it.
  Sender(const Settings& settings, Tsn initial_tsn, std::uint32_t peer_window_bytes,
         std::size_t packet_bytes, BufferPool& buffers);

  void Configure(StreamId stream, const StreamShare& share) { queue_.Configure(stream, share); }
  [[nodiscard]] SendStatus Push(StreamId stream, ByteView message, const SendOptions& options);
  // From now on Push keeps messages back, which count as waiting but not against drained(); they
  // follow with Release.
  void Hold() { holding_ = true; }
  void Release();
  // Once after kFull, when there is room again.
  [[nodiscard]] bool TakeWritable();
  // The largest message that travels in one chunk.
  [[nodiscard]] std::size_t MaxUnfragmented() const { return full_payload_; }

  // A packet with data may leave now.
  [[nodiscard]] bool Ready(TimePoint now);
  // What the next chunk would take of a packet, so that what else there is can leave it room.
  [[nodiscard]] std::size_t NextChunkBytes();
  // Adds chunks while they fit; false if none did.
  bool Fill(BufferWriter& out, TimePoint now);
  // The packet with what Fill() added is complete.
  void OnPacketSent(std::size_t packet_bytes, TimePoint now);

  enum class SackOutcome { kTaken, kStale, kInvalid };
  SackOutcome OnSack(const SackView& sack, TimePoint now);
  // The cumulative TSN of a SHUTDOWN counts as that of a SACK without blocks.
  SackOutcome OnCumulative(Tsn cumulative, TimePoint now);
  // From now on what leaves goes by another path, of which FLOW is known. What is on its way by the
  // one that is left is sent again, and what comes of it after all tells nothing of the new one.
  // Returns what is known of the one that is left.
  [[nodiscard]] PathFlow Move(PathFlow flow);
  [[nodiscard]] PathFlow NewFlow(std::size_t packet_bytes) const {
    return PathFlow(settings_, packet_bytes);
  }
  // The largest packet for what is cut from now on.
  void SetPacketBytes(std::size_t packet_bytes);
  // What is sent next was cut for larger packets than leave now, and needs one of this size; 0: it
  // does not.
  [[nodiscard]] std::size_t OversizePacketBytes();
  // Whether something large was lost so often that packets of its size may not get through at all.
  [[nodiscard]] bool TakeSizeDoubt() { return std::exchange(size_doubted_, false); }
  // Since when something is on its way and no SACK came; max(): nothing is.
  [[nodiscard]] TimePoint waiting_since() const {
    return outstanding_.unacked_bytes() > 0 ? std::max(waiting_began_, acknowledged_)
                                            : TimePoint::max();
  }
  [[nodiscard]] TimePoint acknowledged() const { return acknowledged_; }  // when a SACK came last
  // A round trip that was measured otherwise (handshake, HEARTBEAT).
  void OnRoundTrip(Duration rtt) { flow_.round_trip.OnSample(rtt); }

  [[nodiscard]] TimePoint NextTimer(TimePoint now);
  void OnTimer(TimePoint now);

  // Nothing waits but what is held, and nothing is unacknowledged.
  [[nodiscard]] bool drained() const { return queue_.empty() && outstanding_.empty(); }
  // What is known of the path in use.
  [[nodiscard]] const PathFlow& flow() const { return flow_; }
  [[nodiscard]] const RoundTrip& round_trip() const { return flow_.round_trip; }
  [[nodiscard]] const Congestion& congestion() const { return *flow_.congestion; }
  [[nodiscard]] double pacing_rate() const { return flow_.pacer.rate(); }
  [[nodiscard]] std::size_t flight_bytes() const { return records_.flight_bytes(); }
  [[nodiscard]] std::size_t buffered_bytes() const { return buffered_; }
  [[nodiscard]] std::uint32_t peer_window_bytes() const { return peer_window_; }
  // Messages that are not sent, or not to their end; and those of them with a deadline.
  [[nodiscard]] std::size_t waiting_messages() const { return queue_.messages() + held_.size(); }
  [[nodiscard]] std::size_t waiting_with_deadline() const { return queue_.with_deadline(); }
  [[nodiscard]] std::size_t outstanding_chunks() const { return outstanding_.size(); }
  [[nodiscard]] const RetransmissionTimer& timer() const { return flow_.timer; }
  [[nodiscard]] SenderCounters counters() const;
  // Broken only by a mistake in here; tests ask after every event.
  [[nodiscard]] bool InvariantsHold() const;

 private:
  // What one SACK has told so far.
  struct Acked {
    std::size_t delivered_bytes = 0, lost_bytes = 0;
    std::size_t told_late_bytes = 0;  // of the former: when they came is not known
    bool new_recovery = false, progress = false;
    PacketNumber newest_packet;
    PacketRecord newest;
    bool newest_known = false;
    Duration rtt{};
  };

  // What a packet of that size carries of a message.
  [[nodiscard]] static std::size_t FullPayload(std::size_t packet_bytes, DataFormat format);
  [[nodiscard]] bool HasRoomFor(StreamId stream, std::size_t bytes) const;
  [[nodiscard]] bool HasSomething(TimePoint now);
  [[nodiscard]] bool WindowAllows(std::size_t payload_bytes) const;
  [[nodiscard]] std::size_t ChunkSize(const Fragment& fragment) const;
  bool AddSkip(BufferWriter& out, TimePoint now);
  bool AddLost(BufferWriter& out, TimePoint now);
  bool AddProbe(BufferWriter& out);
  bool AddNew(BufferWriter& out, TimePoint now);
  bool AddCopy(BufferWriter& out, TimePoint now);
  void Write(BufferWriter& out, Tsn tsn, const SentChunk& chunk, bool immediate);
  // Nothing of CHUNK is on its way any more, nor of its copy.
  void LeaveFlight(SentChunk& chunk);
  void Abandon(MessageId message, TimePoint now);
  void CountSentAgain() {
    ++counters_.retransmitted_chunks;
    ++flow_.counters.retransmitted_chunks;
  }
  [[nodiscard]] bool OnlyHeldIsKept() const;
  void ReleaseFront();
  void ReleaseIfDone(MessageId message);

  [[nodiscard]] bool Plausible(const SackView& sack) const;
  void TakeCumulative(Tsn cumulative, TimePoint now, Acked& acked);
  void TakeGaps(const SackView& sack, TimePoint now, Acked& acked);
  void TakeDuplicates(const SackView& sack, Acked& acked);
  void OnDelivered(Tsn tsn, SentChunk& chunk, TimePoint now, Acked& acked);
  // Whether an acknowledgement AGE after CHUNK was sent can be one of its copy.
  [[nodiscard]] bool MayBeItsCopy(const SentChunk& chunk, Duration age) const;
  void OnSpurious(Tsn tsn);
  void DetectLosses(TimePoint now, Acked& acked);
  void OnPacketLost(PacketNumber number, TimePoint now, Acked& acked);
  // CHUNK was lost, or its copy, in packet NUMBER. True: the other one is on its way still.
  [[nodiscard]] bool OutlivedBy(PacketNumber number, SentChunk& chunk, TimePoint now, Acked& acked);
  void OnChunkLost(Tsn tsn, SentChunk& chunk, Acked& acked);
  void SettleUntold(TimePoint now);
  void TakeToldLate(Acked& acked);
  void FinishAck(TimePoint now, std::size_t flight_before, Acked& acked);

  Settings settings_;
  MessageSlots slots_;
  SendQueue queue_;
  std::vector<MessageId> held_;
  bool holding_ = false;
  Outstanding outstanding_;
  PacketRecords records_;
  PathFlow flow_;
  Skipping skipping_;

  bool size_doubted_ = false;
  PacketNumber moved_at_;  // what is numbered below went by another path
  std::size_t full_payload_, largest_payload_;
  TimePoint waiting_began_{}, acknowledged_{};
  std::uint32_t peer_window_;
  std::size_t buffered_ = 0;
  bool full_told_ = false;
  bool probe_due_ = false;       // one packet, whatever the congestion window says
  bool retransmit_due_ = false;  // the same, after a timeout
  TimePoint reorder_deadline_ = TimePoint::max();
  // The last SACK had no room to speak of later ones.
  std::optional<Tsn> told_until_;
  PacketNumber settled_until_;     // what was to be settled of earlier packets is (SettleUntold)
  std::vector<Tsn> packet_tsns_;   // of the packet that is being filled
  std::size_t packet_copies_ = 0;  // as many of them, the last ones, are copies
  Copies copies_;
  // TSNs known to have been sent again for nothing: their duplicates say nothing new.
  static constexpr std::size_t kKnownSpurious = 64;
  std::array<Tsn, kKnownSpurious> known_spurious_{};
  std::size_t known_spurious_count_ = 0;
  Tsn probe_tsn_;  // of the last probe, whose duplicate is no sign of anything
  bool probed_ = false;
  SenderCounters counters_;
};

}  // namespace sctp
