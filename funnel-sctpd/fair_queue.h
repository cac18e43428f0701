// Whose turn it is to send on one association: channels that could not send all they had at once.
// A channel that becomes readable has its first turn without queueing, so a lone request does not
// stand behind bulk data; what is left after that takes turns here.
#pragma once

#include <deque>

namespace funnel::sctpd {

// Borrows its entries; Remove() one before it goes. ENTRY has a member `bool queued` for this
// queue's use.
template <typename Entry>
class FairQueue {
 public:
  // Has more to send; keeps its place if it had one.
  void Add(Entry& entry) {
    if (entry.queued) return;
    entry.queued = true;
    waiting_.push_back(&entry);
  }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }
  // Whose turn it is; only if not empty().
  [[nodiscard]] Entry& Front() { return *waiting_.front(); }
  // The front has used up its turn and has more.
  void Rotate() {
    waiting_.push_back(waiting_.front());
    waiting_.pop_front();
  }
  void Remove(Entry& entry) {
    if (!entry.queued) return;
    entry.queued = false;
    std::erase(waiting_, &entry);
  }

 private:
  std::deque<Entry*> waiting_;
};

}  // namespace funnel::sctpd
