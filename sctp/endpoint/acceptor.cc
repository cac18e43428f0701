#include "sctp/endpoint/acceptor.h"

#include "sctp/handshake/collision.h"

namespace sctp {

void Acceptor::OnCookie(const SlotPlace& place, const Cookie& cookie, const PacketView& packet,
                        TimePoint now) {
  Slot* const found = around_.slots.FindPlace(place);
  if (found == nullptr) {
    Accept(place, cookie, packet, now);
    return;
  }

  Slot& slot = *found;
  const CookieMeaning meaning = JudgeCookie(slot.association->identity().tags(), cookie);
  switch (meaning) {
    case CookieMeaning::kRestart:
      Restart(slot, cookie, packet, now);
      return;
    case CookieMeaning::kCollision:
      ++around_.counters.collisions;
      [[fallthrough]];
    case CookieMeaning::kDuplicate:
      slot.association->OnCookie(cookie, meaning, now);
      slot.association->OnPacket(place.address, packet, now);
      around_.turns.Touch(slot);
      return;
    case CookieMeaning::kLate:
    case CookieMeaning::kNone:
      ++around_.counters.cookies_refused;
      return;
  }
}

void Acceptor::Restart(Slot& slot, const Cookie& cookie, const PacketView& packet, TimePoint now) {
  if (!slot.association->OnRestart(now)) {
    if (!slot.successor) slot.successor = cookie;
    around_.turns.Touch(slot);
    return;
  }
  ++around_.counters.restarts;
  const SlotPlace place = slot.place;
  around_.observer.OnDown(slot.id, DownReason::kRestarted, "the peer restarted");
  slot.association->Discard();
  around_.slots.LeavePlace(slot);
  around_.turns.Touch(slot);
  Accept(place, cookie, packet, now);
}

void Acceptor::Accept(const SlotPlace& place, const Cookie& cookie, const PacketView& packet,
                      TimePoint now) {
  if (!around_.rules.HasRoom(around_.slots.size())) {
    ++around_.counters.refused_full;
    return;
  }

  // A cookie that was used already, and whose association is over, is not used again.
  if (around_.slots.FindTag(cookie.own_tag) != nullptr || !around_.rules.MayAccept(place.address)) {
    ++around_.counters.cookies_refused;
    return;
  }

  AssociationIdentity identity = around_.slots.NewIdentity(place);
  identity.own_tag = cookie.own_tag;
  identity.own_tsn = cookie.own_tsn;
  identity.peer_tag = cookie.peer_tag;

  Slot& slot = around_.slots.Add(identity, cookie, now);
  around_.turns.Touch(slot);
  slot.OnUp();
  slot.association->OnPacket(place.address, packet, now);
}

// The peer did restart. If the association ended for another reason meanwhile, its cookie is valid,
// too.
void Acceptor::Succeed(Slot& slot, TimePoint now) {
  const Cookie cookie = *slot.successor;
  slot.successor.reset();
  if (!around_.slots.HoldsPlace(slot)) return;  // another one has followed already
  ++around_.counters.restarts;
  around_.slots.LeavePlace(slot);
  Accept(slot.place, cookie, PacketView{}, now);
}

}  // namespace sctp
