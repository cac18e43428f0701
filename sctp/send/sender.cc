#include "sctp/send/sender.h"

#include <algorithm>

namespace sctp {
namespace {

using State = SentChunk::State;

// Transmissions of one chunk.
constexpr int kDoubtAfter = 3;

}  // namespace

Sender::Sender(const Settings& settings, Tsn initial_tsn, std::uint32_t peer_window_bytes,
               std::size_t packet_bytes, BufferPool& buffers)
    : settings_(settings),
      slots_(buffers),
      queue_(settings.queue, slots_),
      outstanding_(initial_tsn),
      flow_(settings, packet_bytes),
      skipping_(settings.queue.format),
      full_payload_(FullPayload(packet_bytes, settings.queue.format)),
      largest_payload_(full_payload_),
      peer_window_(peer_window_bytes),
      copies_(settings.copy_after) {}

std::size_t Sender::ChunkSize(const Fragment& fragment) const {
  return Padded(DataHeaderSize(settings_.queue.format) + fragment.length);
}

bool Sender::WindowAllows(std::size_t payload_bytes) const {
  // One chunk may always be on its way: it finds out whether the window has opened again.
  return outstanding_.empty() || outstanding_.unacked_bytes() + payload_bytes <= peer_window_;
}

bool Sender::HasSomething(TimePoint now) {
  if (skipping_.Due(now) || outstanding_.lost() > 0 || copies_.Due(now)) return true;
  return !queue_.empty() && outstanding_.size() < settings_.max_outstanding_chunks &&
         WindowAllows(std::min(full_payload_, queue_.bytes()));
}

std::size_t Sender::NextChunkBytes() {
  if (const auto lost = outstanding_.FirstLost())
    return ChunkSize(outstanding_.Find(*lost)->fragment);
  return Padded(DataHeaderSize(settings_.queue.format) +
                std::min(queue_.NextBytes(), full_payload_));
}

bool Sender::Ready(TimePoint now) {
  if (skipping_.Due(now)) return true;
  if (probe_due_ || retransmit_due_) return true;
  return records_.flight_bytes() < flow_.congestion->window_bytes() && flow_.pacer.MaySend(now) &&
         HasSomething(now);
}

bool Sender::Fill(BufferWriter& out, TimePoint now) {
  packet_tsns_.clear();
  packet_copies_ = 0;
  bool any = AddSkip(out, now);
  const bool beyond = probe_due_ || retransmit_due_;
  if (beyond ||
      (records_.flight_bytes() < flow_.congestion->window_bytes() && flow_.pacer.MaySend(now))) {
    while (AddLost(out, now)) any = true;
    if (outstanding_.lost() == 0)
      while (AddNew(out, now)) any = true;
    if (probe_due_ && packet_tsns_.empty() && AddProbe(out)) any = true;
    while (AddCopy(out, now)) any = true;
    // Instead of being sent again something may have been given up.
    if (packet_tsns_.empty() && !any) any = AddSkip(out, now);
    if (!packet_tsns_.empty() || (outstanding_.in_flight() == 0 && outstanding_.lost() == 0))
      probe_due_ = retransmit_due_ = false;
  }
  return any;
}

bool Sender::AddSkip(BufferWriter& out, TimePoint now) {
  while (const auto expired = queue_.TakeExpired()) Abandon(*expired, now);
  if (!skipping_.Due(now) || out.space() < skipping_.Size()) return false;
  skipping_.Write(out, now, flow_.round_trip);
  return true;
}

bool Sender::AddLost(BufferWriter& out, TimePoint now) {
  const auto tsn = outstanding_.FirstLost();
  if (!tsn) return false;
  SentChunk& chunk = *outstanding_.Find(*tsn);
  if (slots_[chunk.fragment.message].deadline <= now) {
    Abandon(chunk.fragment.message, now);
    return outstanding_.lost() > 0 && AddLost(out, now);
  }
  if (out.space() < ChunkSize(chunk.fragment)) return false;
  outstanding_.SetState(chunk, *tsn, State::kInFlight);
  if (chunk.transmissions >= kDoubtAfter && 2 * chunk.fragment.length > full_payload_)
    size_doubted_ = true;
  CountSentAgain();
  if (chunk.transmissions < UINT8_MAX) ++chunk.transmissions;
  Write(out, *tsn, chunk, /*immediate=*/false);
  return true;
}

// Nothing new is there, or may be sent: the last that is on its way once more, and the peer is
// asked to answer at once.
bool Sender::AddProbe(BufferWriter& out) {
  const auto tsn = outstanding_.LastInFlight();
  if (!tsn) return false;
  SentChunk& chunk = *outstanding_.Find(*tsn);
  if (out.space() < ChunkSize(chunk.fragment)) return false;
  LeaveFlight(chunk);
  probe_tsn_ = *tsn;
  probed_ = true;
  CountSentAgain();
  if (chunk.transmissions < UINT8_MAX) ++chunk.transmissions;
  Write(out, *tsn, chunk, /*immediate=*/true);
  return true;
}

bool Sender::AddNew(BufferWriter& out, TimePoint now) {
  const std::size_t header = DataHeaderSize(settings_.queue.format);
  if (queue_.empty() || outstanding_.size() >= settings_.max_outstanding_chunks ||
      out.space() <= header)
    return false;
  // The window is checked for a whole packet's worth beforehand: what is cut is sent.
  const std::size_t space = out.space() - header;
  if (!WindowAllows(std::min({space, full_payload_, queue_.bytes()}))) return false;
  const std::uint64_t expired = queue_.expired_bytes();
  const std::size_t unacked = outstanding_.unacked_bytes();
  const std::size_t room = peer_window_ > unacked ? peer_window_ - unacked : 0;
  const auto fragment = queue_.Cut(space & ~std::size_t{3}, full_payload_, room, now);
  buffered_ -= queue_.expired_bytes() - expired;
  while (const auto half_sent = queue_.TakeExpired()) Abandon(*half_sent, now);
  if (!fragment) return false;
  if (outstanding_.unacked_bytes() == 0) waiting_began_ = now;
  const Tsn tsn = outstanding_.Add(*fragment);
  if (fragment->begin) slots_[fragment->message].first_tsn = tsn;
  ++counters_.chunks;
  SentChunk& chunk = *outstanding_.Find(tsn);
  chunk.transmissions = 1;
  if (fragment->begin && fragment->end && slots_[fragment->message].copy) copies_.Plan(tsn, now);
  Write(out, tsn, chunk, /*immediate=*/probe_due_);
  return true;
}

void Sender::Write(BufferWriter& out, Tsn tsn, const SentChunk& chunk, bool immediate) {
  const Fragment& fragment = chunk.fragment;
  const OutgoingMessage& message = slots_[fragment.message];
  DataChunk data;
  data.format = settings_.queue.format;
  data.tsn = tsn;
  data.stream = message.stream;
  data.unordered = message.unordered;
  data.begin = fragment.begin;
  data.end = fragment.end;
  data.immediate = immediate;
  data.mid = message.mid;
  data.fsn = fragment.fsn - (settings_.linux_fragments && !fragment.begin ? 1 : 0);
  data.protocol = message.protocol;
  data.payload = ByteView(message.bytes).subspan(fragment.offset, fragment.length);
  data.Write(out);
  packet_tsns_.push_back(tsn);
}

void Sender::OnPacketSent(std::size_t packet_bytes, TimePoint now) {
  if (packet_tsns_.empty()) return;
  const bool first = records_.flight_bytes() == 0;
  const PacketNumber number =
      records_.Add(now, packet_bytes, packet_tsns_, flow_.rate.OnSend(now, first));
  for (std::size_t i = 0; i < packet_tsns_.size(); ++i) {
    SentChunk& chunk = *outstanding_.Find(packet_tsns_[i]);
    if (i + packet_copies_ >= packet_tsns_.size()) {
      const std::uint64_t later = number.value() - chunk.packet.value();
      // Copies leave within milliseconds: not so many packets are between.
      if (later <= UINT16_MAX)
        chunk.copied_later = static_cast<std::uint16_t>(later);
      else
        records_.ChunkLeaves(number, ChunkSize(chunk.fragment));
      continue;
    }
    chunk.packet = number;
    chunk.sent = now;
  }
  packet_tsns_.clear();
  if (settings_.pacing) flow_.pacer.SetRate(flow_.congestion->pacing_rate());
  flow_.pacer.OnSent(packet_bytes, now);
  flow_.timer.OnSent(now, first, flow_.round_trip);
  records_.Trim();
  // Nothing more to send although there would be room: rates measured now are ours, not the path's.
  if (records_.flight_bytes() < flow_.congestion->window_bytes() && !HasSomething(now))
    flow_.rate.OnAppLimited(records_.flight_bytes());
}

// All that is left of the message, sent or not, is given up. Its chunks stay until the peer has
// been told to skip them.
void Sender::Abandon(MessageId id, TimePoint now) {
  OutgoingMessage& message = slots_[id];
  const bool first = !message.abandoned;
  message.abandoned = true;
  if (first) ++counters_.abandoned_messages;
  // From where it begins to its last chunk; others' may lie between.
  Tsn tsn = std::max(outstanding_.cumulative() + 1, message.first_tsn,
                     [](Tsn a, Tsn b) { return a < b; });
  for (std::uint32_t left = message.chunks; left > 0; ++tsn) {
    SentChunk& chunk = *outstanding_.Find(tsn);
    if (chunk.fragment.message != id) continue;
    --left;
    if (chunk.state == State::kInFlight) LeaveFlight(chunk);
    if (chunk.state != State::kAcked) outstanding_.SetState(chunk, tsn, State::kAbandoned);
  }
  if (first && message.cut_bytes < message.bytes.size()) {
    // The peer has parts and waits for the rest: one TSN more stands for it, to be skipped.
    const Tsn rest = outstanding_.Add({.message = id, .offset = message.cut_bytes});
    ++message.chunks;
    outstanding_.SetState(*outstanding_.Find(rest), rest, State::kAbandoned);
  }
  skipping_.Update(outstanding_, slots_, now);
  // The peer may have skipped it before it left the queue.
  ReleaseIfDone(id);
}

void Sender::ReleaseFront() {
  const MessageId id = outstanding_.front().fragment.message;
  outstanding_.PopFront();
  --slots_[id].chunks;
  ReleaseIfDone(id);
}

void Sender::ReleaseIfDone(MessageId id) {
  const OutgoingMessage& message = slots_[id];
  if (message.chunks > 0 || message.queued) return;
  buffered_ -= message.bytes.size();
  slots_.Remove(id);
}

TimePoint Sender::NextTimer(TimePoint now) {
  TimePoint next = std::min(reorder_deadline_, skipping_.deadline());
  if (outstanding_.in_flight() > 0) next = std::min(next, flow_.timer.deadline());
  if (records_.flight_bytes() < flow_.congestion->window_bytes()) {
    if (HasSomething(now)) next = std::min(next, flow_.pacer.next());
    next = std::min(next, std::max(copies_.next(), flow_.pacer.next()));
  }
  return next;
}

SenderCounters Sender::counters() const {
  SenderCounters counters = counters_;
  counters.expired_messages = queue_.expired();
  return counters;
}

bool Sender::OnlyHeldIsKept() const {
  std::size_t bytes = 0;
  for (const MessageId id : held_) bytes += slots_[id].bytes.size();
  return buffered_ == bytes && slots_.used() == held_.size();
}

bool Sender::InvariantsHold() const {
  return records_.flight_bytes() == records_.SumFlightBytes() &&
         (records_.flight_bytes() > 0) == (outstanding_.in_flight() > 0) &&
         (outstanding_.in_flight() == 0 || flow_.timer.running()) &&
         (!drained() || OnlyHeldIsKept()) &&
         outstanding_.size() <= settings_.max_outstanding_chunks + 1;
}

}  // namespace sctp
