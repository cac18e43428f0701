// The sending half of an association: what waits, what is on its way, when it counts as lost, and
// how fast it may be sent. It delegates to its parts, which work on one SendState:
//
//   part          what it does                                          may call
//   LossFinder    finds what is lost                                    nothing
//   AckReader     reads what SACKs tell, and lets the rate follow       LossFinder
//   PacketFiller  fills packets, as fast as the rate allows             nothing
//
// Order of calls: whoever builds packets calls Ready(), lets Fill() add chunks after the other
// contents of the packet, and calls OnPacketSent() when it is complete.
#pragma once

#include "sctp/send/ack_reader.h"
#include "sctp/send/loss_finder.h"
#include "sctp/send/packet_filler.h"
#include "sctp/send/send_state.h"

namespace sctp {

class Sender {
 public:
  using Settings = SenderSettings;
  using SackOutcome = sctp::SackOutcome;
  // PACKET_BYTES is the largest packet, SCTP's header included. BUFFERS outlives it.
  Sender(const Settings& settings, Tsn initial_tsn, std::uint32_t peer_window_bytes,
         std::size_t packet_bytes, BufferPool& buffers)
      : state_(settings, initial_tsn, peer_window_bytes, packet_bytes, buffers),
        filler_(state_, packet_bytes) {}

  void Configure(StreamId stream, const StreamShare& share) {
    state_.messages.queue().Configure(stream, share);
  }
  [[nodiscard]] SendStatus Push(StreamId stream, ByteView message, const SendOptions& options);
  // From now on Push holds messages back; they count as waiting but not for drained(), and Release
  // sends them.
  void Hold() { state_.messages.Hold(); }
  void Release() { state_.messages.Release(); }
  // True once after kFull, when there is room again.
  [[nodiscard]] bool TakeWritable() { return state_.messages.TakeWritable(); }

  // Of PacketFiller.
  [[nodiscard]] bool Ready(TimePoint now) { return filler_.Ready(now); }
  [[nodiscard]] std::size_t NextChunkBytes() { return filler_.NextChunkBytes(); }
  bool Fill(BufferWriter& out, TimePoint now) { return filler_.Fill(out, now); }
  void OnPacketSent(std::size_t packet_bytes, TimePoint now) {
    filler_.OnPacketSent(packet_bytes, now);
  }
  void SetPacketBytes(std::size_t packet_bytes) { filler_.SetPacketBytes(packet_bytes); }
  [[nodiscard]] std::size_t MaxUnfragmented() const { return filler_.full_payload(); }
  [[nodiscard]] std::size_t OversizePacketBytes() { return filler_.OversizePacketBytes(); }
  [[nodiscard]] bool TakeSizeDoubt() { return filler_.TakeSizeDoubt(); }

  // Of AckReader.
  SackOutcome OnSack(const SackView& sack, TimePoint now) { return acks_.OnSack(sack, now); }
  SackOutcome OnCumulative(Tsn cumulative, TimePoint now) {
    return acks_.OnCumulative(cumulative, now);
  }
  // A round trip that was measured in another way (handshake, HEARTBEAT).
  void OnRoundTrip(Duration rtt) { state_.flow.round_trip.OnSample(rtt); }

  [[nodiscard]] TimePoint NextTimer(TimePoint now);
  void OnTimer(TimePoint now);

  // From now on another path is used, about which FLOW is known. What is on its way by the former
  // path is sent again, and if it arrives after all, that says nothing about the new path. Returns
  // what is known about the former path.
  [[nodiscard]] PathFlow Move(PathFlow flow);
  [[nodiscard]] PathFlow NewFlow(std::size_t packet_bytes) const {
    return PathFlow(state_.settings, packet_bytes);
  }

  // Only held messages wait, and nothing is unacknowledged.
  [[nodiscard]] bool drained() const { return queue().empty() && flight().outstanding.empty(); }
  // What waits, without what is held.
  [[nodiscard]] const SendQueue& queue() const { return messages().queue(); }
  [[nodiscard]] const MessageBuffer& messages() const { return state_.messages; }
  [[nodiscard]] const Flight& flight() const { return state_.flight; }
  // What is known about the path in use.
  [[nodiscard]] const PathFlow& flow() const { return state_.flow; }
  [[nodiscard]] const RoundTrip& round_trip() const { return flow().round_trip; }
  [[nodiscard]] SenderCounters counters() const;
  // Only a mistake in this code can break it; tests check it after every event.
  [[nodiscard]] bool InvariantsHold() const;

 private:
  SendState state_;
  LossFinder losses_{state_};
  AckReader acks_{state_, losses_};
  PacketFiller filler_;
};

}  // namespace sctp
