// Whose turn it is to send on one association: channels that could not send all they had at once.
// A channel that becomes readable has its first turn without queueing (unless one of a better
// priority waits), so a lone request does not stand behind bulk data; what is left after that takes
// turns here, the lowest priority number first.
#pragma once

#include <algorithm>
#include <array>
#include <deque>

#include "funnel-sctpd/engine/engine.h"

namespace funnel::sctpd {

// Borrows its entries; Remove() one before it goes. ENTRY has a member `bool queued` for this
// queue's use, and `std::size_t priority`, below kPriorities, which changes only while it is not
// queued.
template <typename Entry>
class FairQueue {
 public:
  static constexpr std::size_t kPriorities = sctp::SendOptions::kPriorities;

  // Has more to send; keeps its place if it had one.
  void Add(Entry& entry) {
    if (entry.queued) return;
    entry.queued = true;
    waiting_[entry.priority].push_back(&entry);
    ++size_;
  }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // Whose turn it is; only if not empty().
  [[nodiscard]] Entry& Front() { return *First().front(); }
  // Whether one waits that goes before PRIORITY.
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
    // As a rule it is the one whose turn it is.
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
