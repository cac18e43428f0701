#include "common/wire/session/datagram_queue.h"

#include <algorithm>

namespace funnel::wire {
namespace {

// An idle queue keeps no more memory than this.
constexpr std::size_t kKeptCapacity = 64 * 1024;

std::uint32_t ToMilliseconds(DatagramQueue::Lifetime lifetime) {
  return static_cast<std::uint32_t>(lifetime.count());
}

}  // namespace

std::size_t DatagramQueue::BeginEntry(std::size_t record_size, Lifetime lifetime,
                                      std::uint8_t dscp) {
  const std::size_t size = record_size + (dscp != 0 ? kMarkSize : 0);
  const std::size_t dropped = MakeRoom(size);
  if (dscp != 0) AppendRecord(bytes_, MarkRecord{dscp});
  entries_.push_back({static_cast<std::uint32_t>(size), ToMilliseconds(lifetime), {}});
  return dropped;
}

std::size_t DatagramQueue::Push(SessionId session, ByteView datagram, Lifetime lifetime,
                                std::uint8_t dscp) {
  std::uint8_t header[kMaxDatagramHeader];
  const std::size_t header_size =
      static_cast<std::size_t>(StoreDatagramHeader(header, session, datagram.size()) - header);
  const std::size_t dropped = BeginEntry(header_size + datagram.size(), lifetime, dscp);
  bytes_.insert(bytes_.end(), header, header + header_size);
  bytes_.insert(bytes_.end(), datagram.begin(), datagram.end());
  return dropped;
}

std::size_t DatagramQueue::Push(const OpeningRecord& opening, Lifetime lifetime,
                                std::uint8_t dscp) {
  Bytes record;
  AppendRecord(record, opening);
  const std::size_t dropped = BeginEntry(record.size(), lifetime, dscp);
  bytes_.insert(bytes_.end(), record.begin(), record.end());
  return dropped;
}

std::size_t DatagramQueue::MakeRoom(std::size_t needed) {
  std::size_t dropped = 0;
  for (; !empty() && size() + needed > max_bytes_; ++dropped) PopOne();
  Compact();
  return dropped;
}

ByteView DatagramQueue::Front(std::size_t budget) const {
  std::size_t total = front_size();
  for (std::size_t i = first_ + 1; i < entries_.size(); ++i) {
    if (total + entries_[i].size > budget) break;
    if (entries_[i].lifetime_ms != entries_[first_].lifetime_ms) break;
    total += entries_[i].size;
  }
  return ByteView(bytes_).subspan(begin_, total);
}

void DatagramQueue::Pop(std::size_t bytes) {
  for (const std::size_t end = begin_ + bytes; begin_ < end;) PopOne();
  if (!empty()) return;
  bytes_.clear();
  entries_.clear();
  begin_ = first_ = unstamped_ = 0;
  if (bytes_.capacity() > kKeptCapacity) bytes_ = Bytes();
  if (entries_.capacity() * sizeof(Entry) > kKeptCapacity) entries_ = std::vector<Entry>();
}

bool DatagramQueue::IsStale(const Entry& entry, TimePoint now) const {
  return entry.lifetime_ms > 0 && now - entry.since >= Lifetime(entry.lifetime_ms);
}

std::size_t DatagramQueue::DropStale(TimePoint now) {
  for (unstamped_ = std::max(unstamped_, first_); unstamped_ < entries_.size(); ++unstamped_)
    entries_[unstamped_].since = now;
  std::size_t dropped = 0;
  for (; !empty() && IsStale(entries_[first_], now); ++dropped) PopOne();
  if (empty()) Pop(0);
  return dropped;
}

std::size_t DatagramQueue::DropTo(std::size_t bytes) {
  std::size_t dropped = 0;
  for (; size() > bytes; ++dropped) PopOne();
  if (empty()) Pop(0);
  return dropped;
}

void DatagramQueue::PopOne() {
  begin_ += entries_[first_].size;
  ++first_;
}

// Moves what waits to the front once as much lies unused before it: amortised one copy a datagram.
void DatagramQueue::Compact() {
  if (begin_ == 0 || begin_ < bytes_.size() / 2) return;
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
  unstamped_ -= std::min(unstamped_, first_);
  begin_ = first_ = 0;
}

}  // namespace funnel::wire
