#include "sctp/send/skipping.h"

#include <algorithm>

namespace sctp {
namespace {

// So many fit into any packet; the rest is reported after the peer has acknowledged these.
constexpr std::size_t kMostSkipped = 100;

}  // namespace

void Skipping::AddMessage(const OutgoingMessage& message) {
  // An unordered DATA message has no number that could be skipped.
  if (format_ == DataFormat::kData && message.unordered) return;
  const auto same = std::find_if(skipped_.begin(), skipped_.end(), [&](const Skipped& other) {
    return other.stream == message.stream && other.unordered == message.unordered;
  });
  if (same == skipped_.end())
    skipped_.push_back({message.stream, message.unordered, message.mid});
  else
    same->mid = std::max(same->mid, message.mid, [](Mid a, Mid b) { return a < b; });
}

void Skipping::Update(Outstanding& outstanding, const MessageSlots& slots, TimePoint now) {
  const Tsn before = until_;
  const bool had = anything_;
  anything_ = false;
  until_ = outstanding.cumulative();
  skipped_.clear();

  if (outstanding.abandoned() > 0) {
    for (Tsn tsn = until_ + 1; tsn < outstanding.next_tsn() && skipped_.size() < kMostSkipped;
         ++tsn) {
      const SentChunk& chunk = *outstanding.Find(tsn);
      if (chunk.state == SentChunk::State::kAcked) continue;
      if (chunk.state != SentChunk::State::kAbandoned) break;
      anything_ = true;
      until_ = tsn;
      AddMessage(slots[chunk.fragment.message]);
    }
  }

  if (!anything_)
    deadline_ = TimePoint::max();
  else if (!had || until_ != before)
    deadline_ = now;
}

void Skipping::Write(BufferWriter& out, TimePoint now, const RoundTrip& round_trip) {
  chunk().Write(out);
  deadline_ = now + round_trip.Rto();
}

}  // namespace sctp
