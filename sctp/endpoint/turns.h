// Whose turn it is to send, and when the next timer is due. An association is looked at when
// something has happened to it (Touch), sends at most one train of packets in a turn, and is
// removed when it is over and its last packet has left.
//
// Owned by the endpoint.
#pragma once

#include <optional>

#include "sctp/base/ring.h"
#include "sctp/base/timer_heap.h"
#include "sctp/endpoint/departure.h"
#include "sctp/endpoint/settings.h"
#include "sctp/endpoint/slot_table.h"

namespace sctp {

class Turns {
 public:
  // Both outlive it.
  Turns(SlotTable& slots, EndpointCounters& counters) : slots_(slots), counters_(counters) {}

  // SLOT may have something to send, and its timer may have changed: NextPacket looks at both.
  void Touch(Slot& slot) {
    if (slot.ready) return;
    slot.ready = true;
    ready_.push_back(slot.number);
  }
  // Writes the next packet into BUFFER; nullopt: there is none.
  [[nodiscard]] std::optional<Departure> NextPacket(MutableByteView buffer, TimePoint now);
  // There is certainly none.
  [[nodiscard]] bool empty() const { return ready_.empty(); }

  [[nodiscard]] TimePoint NextTimer() const { return timers_.time(); }
  // The next one whose timer is due, which is set again when it has sent what it has; nullptr:
  // there is none.
  [[nodiscard]] Slot* TakeDue(TimePoint now);

 private:
  // SLOT has nothing more to send for now: sets its timer, or removes it.
  void Settle(Slot& slot, TimePoint now);
  // Adds what SLOT has counted since the last time to the endpoint's counters, so that nobody need
  // visit all associations for the sums.
  void Count(Slot& slot);

  SlotTable& slots_;
  EndpointCounters& counters_;
  TimerHeap timers_;
  Ring<std::uint32_t> ready_;
};

}  // namespace sctp
