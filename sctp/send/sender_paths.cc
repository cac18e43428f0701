// Sender: going on by another path, and in packets of another size.
#include <algorithm>

#include "sctp/send/sender.h"
#include "sctp/wire/packet.h"

namespace sctp {

using State = SentChunk::State;

std::size_t Sender::FullPayload(std::size_t packet_bytes, DataFormat format) {
  // Rounded down: what padding would take is payload for nobody.
  return (packet_bytes - kCommonHeaderSize - DataHeaderSize(format)) & ~std::size_t{3};
}

void Sender::SetPacketBytes(std::size_t packet_bytes) {
  full_payload_ = FullPayload(packet_bytes, settings_.queue.format);
  largest_payload_ = std::max(largest_payload_, full_payload_);
}

PathFlow Sender::Move(PathFlow flow) {
  for (PacketNumber i = records_.begin(); i < records_.end(); i = PacketNumber(i.value() + 1)) {
    records_.ForTsns(*records_.Find(i), [&](Tsn tsn) {
      SentChunk* chunk = outstanding_.Find(tsn);
      if (chunk == nullptr || chunk->packet != i || chunk->state != State::kInFlight) return;
      LeaveFlight(*chunk);
      outstanding_.SetState(*chunk, tsn, State::kLost);
      // That the peer gets it twice is no sign of anything.
      chunk->transmissions = std::max<std::uint8_t>(chunk->transmissions, 3);
    });
  }
  records_.Trim();
  moved_at_ = records_.end();

  // What was being found out about the path that is left has no answer.
  std::swap(flow_, flow);
  flow.timer.Stop();
  flow.undo = {};
  flow_.timer.OnProgress(TimePoint{}, /*in_flight=*/false, flow_.round_trip);
  probe_due_ = retransmit_due_ = false;
  reorder_deadline_ = TimePoint::max();
  if (settings_.pacing) flow_.pacer.SetRate(flow_.congestion->pacing_rate());
  return flow;
}

std::size_t Sender::OversizePacketBytes() {
  if (largest_payload_ == full_payload_) return 0;
  auto tsn = outstanding_.FirstLost();
  if (!tsn && probe_due_ && queue_.empty()) tsn = outstanding_.LastInFlight();
  if (!tsn) return 0;
  const Fragment& fragment = outstanding_.Find(*tsn)->fragment;
  return fragment.length > full_payload_ ? kCommonHeaderSize + ChunkSize(fragment) : 0;
}

}  // namespace sctp
