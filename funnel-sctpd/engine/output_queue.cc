#include "funnel-sctpd/engine/output_queue.h"

#include <algorithm>
#include <cstring>

namespace funnel::sctp {
namespace {
// What an idle queue keeps.
constexpr std::size_t kKeepBytes = 1u << 20;
constexpr std::size_t kKeepEntries = 4096;
}  // namespace

void OutputQueue::Grow(std::size_t size) {
  if (used_ + size <= bytes_.size()) return;
  Compact();
  if (used_ + size > bytes_.size()) bytes_.resize(std::max(used_ + size, bytes_.size() * 2));
}

MutableByteView OutputQueue::Spare(std::size_t size) {
  Grow(size);
  return MutableByteView(bytes_).subspan(used_, size);
}

MutableByteView OutputQueue::Append(const Route& route, std::size_t size, Travel travel) {
  if (waiting_bytes_ + size > limit_bytes_) return {};
  Grow(size);
  entries_.push_back({route, used_, size, travel});
  MutableByteView room = MutableByteView(bytes_).subspan(used_, size);
  used_ += size;
  waiting_bytes_ += size;
  return room;
}

void OutputQueue::Pop(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) waiting_bytes_ -= entries_[first_ + i].size;
  first_ += count;
  if (first_ < entries_.size()) return;
  entries_.clear();
  first_ = used_ = 0;
  if (bytes_.size() > kKeepBytes) Bytes().swap(bytes_);
  if (entries_.capacity() > kKeepEntries) std::vector<Entry>().swap(entries_);
}

void OutputQueue::Compact() {
  if (first_ == 0) return;
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
  std::size_t shift = entries_.empty() ? used_ : entries_.front().begin;
  std::memmove(bytes_.data(), bytes_.data() + shift, used_ - shift);
  used_ -= shift;
  for (Entry& entry : entries_) entry.begin -= shift;
}

}  // namespace funnel::sctp
