#include "sctp/endpoint/turns.h"

namespace sctp {
namespace {

// How many packets of one association follow each other before another gets its turn: one train of
// segments.
constexpr int kTrain = 44;

}  // namespace

std::optional<Departure> Turns::NextPacket(MutableByteView buffer, TimePoint now) {
  while (!ready_.empty()) {
    Slot& slot = slots_.at(ready_.front());
    if (slot.train < kTrain) {
      if (const std::size_t size = slot.association->NextPacket(buffer, now); size > 0) {
        ++slot.train;
        return Departure{slot.association->destination(), size, slot.id,
                         slot.association->must_stay_whole()};
      }
      ready_.pop_front();
      Settle(slot, now);
    } else {
      slot.train = 0;
      ready_.push_back(ready_.front());
      ready_.pop_front();
    }
  }
  return std::nullopt;
}

Slot* Turns::TakeDue(TimePoint now) {
  if (timers_.empty() || timers_.time() > now) return nullptr;
  Slot& slot = slots_.at(timers_.owner());
  timers_.Set(slot.number, TimePoint::max());
  return &slot;
}

void Turns::Count(Slot& slot) {
  const Sender* sender = slot.association->sender();
  if (sender == nullptr) return;
  const SenderCounters now = sender->counters();
  counters_.retransmitted_chunks += now.retransmitted_chunks - slot.retransmitted_chunks;
  counters_.copied_chunks += now.copies - slot.copied_chunks;
  counters_.expired_messages += now.expired_messages - slot.expired_messages;
  slot.retransmitted_chunks = now.retransmitted_chunks;
  slot.copied_chunks = now.copies;
  slot.expired_messages = now.expired_messages;
}

void Turns::Settle(Slot& slot, TimePoint now) {
  slot.ready = false;
  slot.train = 0;
  Count(slot);
  if (slot.association->down()) {
    timers_.Set(slot.number, TimePoint::max());
    slots_.Remove(slot);
  } else {
    timers_.Set(slot.number, slot.association->NextTimer(now));
  }
}

}  // namespace sctp
