#include "sctp/send/packet_filler.h"

#include <algorithm>

#include "sctp/wire/packet.h"

namespace sctp {
namespace {

using State = SentChunk::State;

// After so many transmissions of one chunk its size is doubted.
constexpr int kDoubtAfter = 3;

}  // namespace

PacketFiller::PacketFiller(SendState& state, std::size_t packet_bytes)
    : state_(state), full_payload_(FullPayload(packet_bytes)), largest_payload_(full_payload_) {}

std::size_t PacketFiller::FullPayload(std::size_t packet_bytes) const {
  // Rounded down, because padding carries no payload.
  return (packet_bytes - kCommonHeaderSize - DataHeaderSize(state_.flight.format())) &
         ~std::size_t{3};
}

void PacketFiller::SetPacketBytes(std::size_t packet_bytes) {
  full_payload_ = FullPayload(packet_bytes);
  largest_payload_ = std::max(largest_payload_, full_payload_);
}

std::size_t PacketFiller::OversizePacketBytes() {
  if (largest_payload_ == full_payload_) return 0;
  Outstanding& chunks = state_.flight.outstanding;
  auto tsn = chunks.FirstLost();
  if (!tsn && state_.extra.probe_due() && state_.messages.queue().empty())
    tsn = chunks.LastInFlight();
  if (!tsn) return 0;
  const Fragment& fragment = chunks.Find(*tsn)->fragment;
  return fragment.length > full_payload_ ? kCommonHeaderSize + state_.flight.SizeOf(fragment) : 0;
}

bool PacketFiller::MaySend(TimePoint now) const {
  return state_.flight.bytes() < state_.flow.congestion->window_bytes() &&
         state_.flow.pacer.MaySend(now);
}

bool PacketFiller::HasSomething(TimePoint now) {
  const Outstanding& chunks = state_.flight.outstanding;
  if (state_.skipping.Due(now) || chunks.lost() > 0 || state_.copies.Due(now)) return true;
  const SendQueue& queue = state_.messages.queue();
  return !queue.empty() && chunks.size() < state_.settings.max_outstanding_chunks &&
         state_.flight.WindowAllows(std::min(full_payload_, queue.bytes()));
}

std::size_t PacketFiller::NextChunkBytes() {
  Outstanding& chunks = state_.flight.outstanding;
  if (const auto lost = chunks.FirstLost())
    return state_.flight.SizeOf(chunks.Find(*lost)->fragment);
  return Padded(DataHeaderSize(state_.flight.format()) +
                std::min(state_.messages.queue().NextBytes(), full_payload_));
}

bool PacketFiller::Ready(TimePoint now) {
  return state_.skipping.Due(now) || state_.extra.due() || (MaySend(now) && HasSomething(now));
}

TimePoint PacketFiller::NextTime(TimePoint now) {
  if (state_.flight.bytes() >= state_.flow.congestion->window_bytes()) return TimePoint::max();
  const TimePoint paced = state_.flow.pacer.next();
  return HasSomething(now) ? paced : std::max(state_.copies.next(), paced);
}

bool PacketFiller::Fill(BufferWriter& out, TimePoint now) {
  tsns_.clear();
  copies_ = 0;
  bool any = AddSkip(out, now);
  ExtraPacket& extra = state_.extra;
  if (!extra.due() && !MaySend(now)) return any;

  const Outstanding& chunks = state_.flight.outstanding;
  while (AddLost(out, now)) any = true;
  if (chunks.lost() == 0)
    while (AddNew(out, now)) any = true;
  if (extra.probe_due() && tsns_.empty() && AddProbe(out)) any = true;
  while (AddCopy(out, now)) any = true;
  // Something may have been given up instead of being sent again.
  if (tsns_.empty() && !any) any = AddSkip(out, now);
  if (!tsns_.empty() || (chunks.in_flight() == 0 && chunks.lost() == 0)) extra.Clear();
  return any;
}

bool PacketFiller::AddSkip(BufferWriter& out, TimePoint now) {
  while (const auto expired = state_.messages.queue().TakeExpired()) Abandon(*expired, now);
  Skipping& skipping = state_.skipping;
  if (!skipping.Due(now) || out.space() < skipping.Size()) return false;
  skipping.Write(out, now, state_.flow.round_trip);
  return true;
}

bool PacketFiller::AddLost(BufferWriter& out, TimePoint now) {
  Outstanding& chunks = state_.flight.outstanding;
  const auto tsn = chunks.FirstLost();
  if (!tsn) return false;
  SentChunk& chunk = *chunks.Find(*tsn);
  if (state_.messages[chunk.fragment.message].deadline <= now) {
    Abandon(chunk.fragment.message, now);
    return chunks.lost() > 0 && AddLost(out, now);
  }

  if (out.space() < state_.flight.SizeOf(chunk.fragment)) return false;
  chunks.SetState(chunk, *tsn, State::kInFlight);
  if (chunk.transmissions >= kDoubtAfter && 2 * chunk.fragment.length > full_payload_)
    size_doubted_ = true;
  CountSentAgain(chunk);
  Write(out, *tsn, chunk, /*immediate=*/false);
  return true;
}

// If nothing new waits or may be sent, the last chunk on its way is sent again, and asks the peer
// to answer at once.
bool PacketFiller::AddProbe(BufferWriter& out) {
  Outstanding& chunks = state_.flight.outstanding;
  const auto tsn = chunks.LastInFlight();
  if (!tsn) return false;
  SentChunk& chunk = *chunks.Find(*tsn);
  if (out.space() < state_.flight.SizeOf(chunk.fragment)) return false;
  state_.flight.Leave(chunk);
  state_.extra.OnProbeSent(*tsn);
  CountSentAgain(chunk);
  Write(out, *tsn, chunk, /*immediate=*/true);
  return true;
}

bool PacketFiller::AddNew(BufferWriter& out, TimePoint now) {
  Flight& flight = state_.flight;
  MessageBuffer& messages = state_.messages;
  const std::size_t header = DataHeaderSize(flight.format());
  if (messages.queue().empty() ||
      flight.outstanding.size() >= state_.settings.max_outstanding_chunks || out.space() <= header)
    return false;
  // The window is checked for a whole packet before: what is cut is sent.
  const std::size_t space = out.space() - header;
  if (!flight.WindowAllows(std::min({space, full_payload_, messages.queue().bytes()})))
    return false;
  const auto fragment = messages.Cut(space & ~std::size_t{3}, full_payload_, flight.Room(), now);
  while (const auto half_sent = messages.queue().TakeExpired()) Abandon(*half_sent, now);
  if (!fragment) return false;

  const Tsn tsn = flight.Add(*fragment, now);
  OutgoingMessage& message = messages[fragment->message];
  if (fragment->begin) message.first_tsn = tsn;
  ++state_.counters.chunks;
  SentChunk& chunk = *flight.outstanding.Find(tsn);
  chunk.transmissions = 1;
  if (fragment->begin && fragment->end && message.copy) state_.copies.Plan(tsn, now);
  Write(out, tsn, chunk, /*immediate=*/state_.extra.probe_due());
  return true;
}

bool PacketFiller::AddCopy(BufferWriter& out, TimePoint now) {
  Copies& copies = state_.copies;
  Outstanding& chunks = state_.flight.outstanding;

  while (copies.Due(now)) {
    const Tsn tsn = copies.front();
    SentChunk* chunk = tsn > chunks.cumulative() ? chunks.Find(tsn) : nullptr;
    const bool useful = chunk != nullptr && chunk->state == State::kInFlight &&
                        chunk->transmissions == 1 && !copies.late(now) &&
                        state_.messages[chunk->fragment.message].deadline > now;
    if (!useful) {
      copies.PopFront();
      continue;
    }

    if (out.space() < state_.flight.SizeOf(chunk->fragment)) return false;
    copies.PopFront();
    copies.OnSent(tsn);
    ++state_.counters.copies;
    ++copies_;
    Write(out, tsn, *chunk, /*immediate=*/false);
    return true;
  }
  return false;
}

void PacketFiller::CountSentAgain(SentChunk& chunk) {
  ++state_.counters.retransmitted_chunks;
  ++state_.flow.counters.retransmitted_chunks;
  if (chunk.transmissions < UINT8_MAX) ++chunk.transmissions;
}

void PacketFiller::Write(BufferWriter& out, Tsn tsn, const SentChunk& chunk, bool immediate) {
  const Fragment& fragment = chunk.fragment;
  const OutgoingMessage& message = state_.messages[fragment.message];

  DataChunk data;
  data.format = state_.flight.format();
  data.tsn = tsn;
  data.stream = message.stream;
  data.unordered = message.unordered;
  data.begin = fragment.begin;
  data.end = fragment.end;
  data.immediate = immediate;
  data.mid = message.mid;
  data.fsn = fragment.fsn - (state_.settings.linux_fragments && !fragment.begin ? 1 : 0);
  data.protocol = message.protocol;
  data.payload = ByteView(message.bytes).subspan(fragment.offset, fragment.length);

  data.Write(out);
  tsns_.push_back(tsn);
}

void PacketFiller::OnPacketSent(std::size_t packet_bytes, TimePoint now) {
  if (tsns_.empty()) return;
  Flight& flight = state_.flight;
  PathFlow& flow = state_.flow;
  const bool first = flight.bytes() == 0;
  const PacketNumber number =
      flight.packets.Add(now, packet_bytes, tsns_, flow.rate.OnSend(now, first));
  for (std::size_t i = 0; i < tsns_.size(); ++i) {
    SentChunk& chunk = *flight.outstanding.Find(tsns_[i]);
    if (i + copies_ >= tsns_.size()) {
      const std::uint64_t later = number.value() - chunk.packet.value();
      // A copy is sent within milliseconds: so many packets do not fit in between.
      if (later <= UINT16_MAX)
        chunk.copied_later = static_cast<std::uint16_t>(later);
      else
        flight.packets.ChunkLeaves(number, flight.SizeOf(chunk.fragment));
      continue;
    }
    chunk.packet = number;
    chunk.sent = now;
  }
  tsns_.clear();

  state_.SetPace();
  flow.pacer.OnSent(packet_bytes, now);
  flow.timer.OnSent(now, first, flow.round_trip);
  flight.packets.Trim();
  // There is room but nothing to send: rates measured now are ours, not the path's.
  if (flight.bytes() < flow.congestion->window_bytes() && !HasSomething(now))
    flow.rate.OnAppLimited(flight.bytes());
}

void PacketFiller::Abandon(MessageId id, TimePoint now) {
  Flight& flight = state_.flight;
  Outstanding& chunks = flight.outstanding;
  OutgoingMessage& message = state_.messages[id];
  const bool first = !message.abandoned;
  message.abandoned = true;
  if (first) ++state_.counters.abandoned_messages;

  // From its beginning to its last chunk; chunks of others may lie between.
  Tsn tsn =
      std::max(chunks.cumulative() + 1, message.first_tsn, [](Tsn a, Tsn b) { return a < b; });
  for (std::uint32_t left = message.chunks; left > 0; ++tsn) {
    SentChunk& chunk = *chunks.Find(tsn);
    if (chunk.fragment.message != id) continue;
    --left;
    if (chunk.state == State::kInFlight) flight.Leave(chunk);
    if (chunk.state != State::kAcked) chunks.SetState(chunk, tsn, State::kAbandoned);
  }
  if (first && message.cut_bytes < message.bytes.size()) {
    // The peer has parts and waits for the rest: one more TSN stands for the rest, and is skipped.
    const Tsn rest = chunks.Add({.message = id, .offset = message.cut_bytes});
    ++message.chunks;
    chunks.SetState(*chunks.Find(rest), rest, State::kAbandoned);
  }
  state_.skipping.Update(chunks, state_.messages.slots(), now);
  // The peer may have skipped it before it left the queue.
  state_.messages.RemoveIfOver(id);
}

}  // namespace sctp
