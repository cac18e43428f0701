#include "sctp/receive/reassembly.h"

#include <algorithm>

namespace sctp {
namespace {

constexpr std::size_t kMostSpare = 64;

}  // namespace

Reassembly::Reassembly(const Settings& settings, BufferPool& buffers, MessageSink& sink)
    : settings_(settings),
      buffers_(buffers),
      sink_(sink),
      loose_(settings.max_message_bytes, buffers, sink) {}

Reassembly::Stream& Reassembly::StreamOf(StreamId stream) {
  if (stream.value() >= streams_.size()) streams_.resize(stream.value() + 1u);
  return streams_[stream.value()];
}

Mid Reassembly::Widen(Mid mid, const Stream& stream) const {
  if (settings_.format == DataFormat::kIData) return mid;
  const Ssn expected(static_cast<std::uint16_t>(stream.next.value()));
  const int ahead = Ssn(static_cast<std::uint16_t>(mid.value())) - expected;
  return Mid(stream.next.value() + static_cast<std::uint32_t>(ahead));
}

bool Reassembly::DeliversAtOnce(const DataView& chunk, const Stream& stream) const {
  return chunk.begin && chunk.end &&
         (chunk.unordered || (Widen(chunk.mid, stream) == stream.next && stream.waiting == 0));
}

bool Reassembly::DeliversAtOnce(const DataView& chunk) const {
  const std::size_t stream = chunk.stream.value();
  return DeliversAtOnce(chunk, stream < streams_.size() ? streams_[stream] : Stream{});
}

Reassembly::Map::iterator Reassembly::AssemblyFor(const Key& key) {
  if (const auto found = assemblies_.find(key); found != assemblies_.end()) return found;
  ++StreamOf(key.stream).waiting;
  held_ += Assembly::kOverheadBytes;
  if (spare_.empty()) return assemblies_.try_emplace(key).first;
  auto node = std::move(spare_.back());
  spare_.pop_back();
  node.key() = key;
  return assemblies_.insert(std::move(node)).position;
}

void Reassembly::Erase(Map::iterator at) {
  --StreamOf(at->first.stream).waiting;
  held_ -= at->second.held_bytes();
  auto node = assemblies_.extract(at);
  node.mapped().Reset(buffers_);
  if (spare_.size() < kMostSpare) spare_.push_back(std::move(node));
}

void Reassembly::DeliverWhole(Map::iterator at) {
  // Out of the table first: the sink sees a state that holds.
  Bytes message = std::move(at->second.bytes());
  const StreamId stream = at->first.stream;
  const std::uint32_t protocol = at->second.protocol();
  Erase(at);
  sink_.OnMessage(stream, protocol, message);
  buffers_.Give(std::move(message));
}

void Reassembly::DeliverFollowing(StreamId id) {
  while (StreamOf(id).waiting > 0) {
    const auto found = assemblies_.find(Key{id, false, StreamOf(id).next});
    if (found == assemblies_.end() || !found->second.whole()) return;
    ++StreamOf(id).next;
    DeliverWhole(found);
  }
}

Reassembly::Outcome Reassembly::Add(const DataView& chunk) {
  if (chunk.payload.size() > settings_.max_message_bytes) return Outcome::kTooLarge;
  Stream& stream = StreamOf(chunk.stream);
  const Mid mid = chunk.unordered ? chunk.mid : Widen(chunk.mid, stream);
  if (!chunk.unordered && mid < stream.next) return Outcome::kImpossible;
  if (DeliversAtOnce(chunk, stream)) {
    if (!chunk.unordered) ++stream.next;
    sink_.OnMessage(chunk.stream, chunk.protocol, chunk.payload);
    return Outcome::kTaken;
  }
  if (chunk.unordered && chunk.format == DataFormat::kData)
    return loose_.Add(chunk) ? Outcome::kTaken : Outcome::kTooLarge;

  const auto at = AssemblyFor(Key{chunk.stream, chunk.unordered, mid});
  Assembly& assembly = at->second;
  if (assembly.payload_bytes() + chunk.payload.size() > settings_.max_message_bytes)
    return Outcome::kTooLarge;
  const Place place(chunk.format == DataFormat::kIData ? chunk.fsn : chunk.tsn.value());
  held_ -= assembly.held_bytes();
  const auto outcome = assembly.Add(place, chunk, buffers_);
  held_ += assembly.held_bytes();
  if (outcome == Assembly::Outcome::kImpossible) return Outcome::kImpossible;
  if (outcome == Assembly::Outcome::kWhole) {
    if (chunk.unordered)
      DeliverWhole(at);
    else
      DeliverFollowing(chunk.stream);
  }
  return Outcome::kTaken;
}

void Reassembly::DropWaiting(const Skipped& skipped) {
  std::vector<Mid> mids;
  for (const auto& [key, assembly] : assemblies_)
    if (key.stream == skipped.stream && key.unordered == skipped.unordered &&
        key.mid <= skipped.mid)
      mids.push_back(key.mid);

  std::sort(mids.begin(), mids.end(), [](Mid a, Mid b) { return a < b; });
  for (Mid mid : mids) {
    const auto found = assemblies_.find(Key{skipped.stream, skipped.unordered, mid});
    if (found->second.whole()) {
      StreamOf(skipped.stream).next = mid + 1;  // only ordered ones wait when whole
      DeliverWhole(found);
    } else {
      Erase(found);
    }
  }
}

void Reassembly::Skip(const Skipped& given) {
  if (given.stream.value() >= settings_.streams) return;
  Skipped skipped = given;
  if (!skipped.unordered) {
    skipped.mid = Widen(skipped.mid, StreamOf(skipped.stream));
    if (skipped.mid < StreamOf(skipped.stream).next) return;
  }
  if (StreamOf(skipped.stream).waiting > 0) DropWaiting(skipped);
  if (skipped.unordered) return;
  StreamOf(skipped.stream).next = skipped.mid + 1;
  DeliverFollowing(skipped.stream);
}

}  // namespace sctp
