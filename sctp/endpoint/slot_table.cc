#include "sctp/endpoint/slot_table.h"

namespace sctp {

void Slot::OnMoved(const Address& address, bool failed) {
  around.table.Move(*this, address);
  around.observer.OnMoved(id, address, failed);
}

AssociationIdentity SlotTable::NewIdentity(const SlotPlace& place) {
  AssociationIdentity identity;
  identity.own_port = place.own_port;
  identity.peer_port = place.port;
  do {
    identity.own_tag = VerificationTag(around_.random.NonzeroU32());
  } while (by_tag_.contains(identity.own_tag.value()));
  identity.own_tsn = Tsn(around_.random.U32());
  identity.own_tie = around_.random.NonzeroU32();
  identity.peer_tie = around_.random.NonzeroU32();
  identity.peer = place.address;
  return identity;
}

Slot& SlotTable::AddEmpty(const AssociationIdentity& identity) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();

  const SlotPlace place{identity.peer, identity.peer_port, identity.own_port};
  slots_[number] = std::make_unique<Slot>(Slot::Around{around_.observer, around_.rules, *this},
                                          number, AssociationId(next_id_++), place);
  by_place_[place] = number;
  by_id_[slots_[number]->id] = number;
  by_tag_[identity.own_tag.value()] = number;
  return *slots_[number];
}

Slot& SlotTable::Add(const AssociationIdentity& identity, TimePoint now) {
  Slot& slot = AddEmpty(identity);
  slot.association = std::make_unique<Association>(
      around_.rules.SettingsFor(identity.peer), identity,
      Association::Around{around_.random, around_.buffers, &around_.budgets.expected, slot}, now);
  return slot;
}

Slot& SlotTable::Add(const AssociationIdentity& identity, const Cookie& cookie, TimePoint now) {
  Slot& slot = AddEmpty(identity);
  slot.incoming = true;
  ReceiveBudget& budget =
      around_.rules.Expects(identity.peer) ? around_.budgets.expected : around_.budgets.strangers;
  slot.association = std::make_unique<Association>(
      around_.rules.SettingsFor(identity.peer), identity, cookie,
      Association::Around{around_.random, around_.buffers, &budget, slot}, now);
  return slot;
}

void SlotTable::Remove(Slot& slot) {
  by_tag_.erase(slot.association->identity().own_tag.value());
  if (HoldsPlace(slot)) LeavePlace(slot);
  by_id_.erase(slot.id);
  const std::uint32_t number = slot.number;
  slots_[number].reset();
  free_.push_back(number);
}

Slot* SlotTable::Find(AssociationId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : slots_[found->second].get();
}

Slot* SlotTable::FindTag(VerificationTag own_tag) const {
  const auto found = by_tag_.find(own_tag.value());
  return found == by_tag_.end() ? nullptr : slots_[found->second].get();
}

Slot* SlotTable::FindPlace(const SlotPlace& place) const {
  const auto found = by_place_.find(place);
  if (found == by_place_.end()) return nullptr;
  Slot* slot = slots_[found->second].get();
  return slot->association->down() ? nullptr : slot;
}

bool SlotTable::HoldsPlace(const Slot& slot) const {
  const auto found = by_place_.find(slot.place);
  return found != by_place_.end() && found->second == slot.number;
}

void SlotTable::Move(Slot& slot, const Address& peer) {
  if (HoldsPlace(slot)) LeavePlace(slot);
  slot.place.address = peer;
  by_place_.try_emplace(slot.place, slot.number);
}

void SlotTable::Renew(Slot& slot) {
  by_tag_.erase(slot.association->identity().own_tag.value());
  const AssociationIdentity fresh = NewIdentity(slot.place);
  slot.association->Renew(fresh.own_tag, fresh.own_tsn);
  by_tag_[fresh.own_tag.value()] = slot.number;
}

}  // namespace sctp
