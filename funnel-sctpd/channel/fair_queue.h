// Whose turn it is to send on one association, among the channels that could not send all at once.
// A channel that becomes readable has its first turn without queueing (unless one of a better
// priority waits), so that a lone request does not wait behind bulk data; if it has more, it queues
// here. The lowest priority number goes first.
#pragma once

#include <algorithm>
#include <array>
#include <deque>

#include "funnel-sctpd/engine/engine.h"

namespace funnel::sctpd {

// Borrows its entries; Remove() an entry before it is destroyed. ENTRY has a member `bool queued`
// for this queue, and `std::size_t priority`, below kPriorities, which changes only while it is not
// queued.
template <typename Entry>
class FairQueue {
 public:
  static constexpr std::size_t kPriorities = sctp::SendOptions::kPriorities;

  // ENTRY has more to send; it keeps its place if it has one.
  void Add(Entry& entry) {
    if (entry.queued) return;
    entry.queued = true;
    waiting_[entry.priority].push_back(&entry);
    ++size_;
  }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // The entry whose turn it is; only if not empty().
  [[nodiscard]] Entry& Front() { return *First().front(); }
  // Whether an entry waits that goes before PRIORITY.
  [[nodiscard]] bool HasBefore(std::size_t priority) const {
    auto filled = [](const std::deque<Entry*>& entries) { return !entries.empty(); };
    return std::any_of(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(priority),
                       filled);
  }
  // The front has used up its turn and has more.
  void Rotate() {
    std::deque<Entry*>& entries = First();
    entries.push_back(entries.front());
    entries.pop_front();
  }
  void Remove(Entry& entry) {
    if (!entry.queued) return;
    entry.queued = false;
    // Usually it is the first one.
    std::deque<Entry*>& entries = waiting_[entry.priority];
    if (entries.front() == &entry)
      entries.pop_front();
    else
      std::erase(entries, &entry);
    --size_;
  }

 private:
  std::deque<Entry*>& First() {
    return *std::ranges::find_if(waiting_, [](const auto& entries) { return !entries.empty(); });
  }

  std::array<std::deque<Entry*>, kPriorities> waiting_;
  std::size_t size_ = 0;
};

}  // namespace funnel::sctpd
