// Associations that others begin, or restart: what a valid cookie means, and the association that
// it makes (RFC 9260 sections 5.1, 5.2).
//
// Owned by the endpoint.
#pragma once

#include "sctp/endpoint/observer.h"
#include "sctp/endpoint/rules.h"
#include "sctp/endpoint/slot_table.h"
#include "sctp/endpoint/turns.h"

namespace sctp {

class Acceptor {
 public:
  // All of it outlives this.
  struct Around {
    const Rules& rules;
    EndpointObserver& observer;
    SlotTable& slots;
    Turns& turns;
    EndpointCounters& counters;
  };
  explicit Acceptor(const Around& around) : around_(around) {}

  // COOKIE is valid: it is a new association, a restart, a collision or a duplicate. PACKET is what
  // brought it, and may have more chunks.
  void OnCookie(const SlotPlace& place, const Cookie& cookie, const PacketView& packet,
                TimePoint now);
  // The association in SLOT, which has a successor, is over: the peer has really restarted. Begins
  // the association that its cookie describes.
  void Succeed(Slot& slot, TimePoint now);

 private:
  void Restart(Slot& slot, const Cookie& cookie, const PacketView& packet, TimePoint now);
  void Accept(const SlotPlace& place, const Cookie& cookie, const PacketView& packet,
              TimePoint now);

  Around around_;
};

}  // namespace sctp
