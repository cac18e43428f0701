// All associations of an endpoint: found by number, by id, by our own tag, and by place.
//
// Owned by the endpoint. A slot stays where it is until Remove().
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "sctp/base/buffer_pool.h"
#include "sctp/base/random_source.h"
#include "sctp/endpoint/slot.h"
#include "sctp/endpoint/unverified_budgets.h"

namespace sctp {

class SlotTable {
 public:
  // All of it outlives this.
  struct Around {
    EndpointObserver& observer;
    const Rules& rules;
    RandomSource& random;
    BufferPool& buffers;
    UnverifiedBudgets& budgets;
  };
  explicit SlotTable(const Around& around) : around_(around) {}

  // Who we are in an association at PLACE: with a tag that is not in use.
  [[nodiscard]] AssociationIdentity NewIdentity(const SlotPlace& place);
  // Begins an association; or makes that of a COOKIE of the peer's.
  Slot& Add(const AssociationIdentity& identity, TimePoint now);
  Slot& Add(const AssociationIdentity& identity, const Cookie& cookie, TimePoint now);
  void Remove(Slot& slot);

  [[nodiscard]] Slot& at(std::uint32_t number) const { return *slots_[number]; }
  // nullptr: there is none.
  [[nodiscard]] Slot* Find(AssociationId id) const;
  [[nodiscard]] Slot* FindTag(VerificationTag own_tag) const;
  // One that is over, and has only its last packet to send, has no place.
  [[nodiscard]] Slot* FindPlace(const SlotPlace& place) const;
  // SLOT is what its place leads to; and leads to no longer, so that a successor can be there.
  [[nodiscard]] bool HoldsPlace(const Slot& slot) const;
  void LeavePlace(const Slot& slot) { by_place_.erase(slot.place); }
  // Makes PEER the address under which SLOT is found. If its peer restarts, it will come from the
  // address of the new path. If another association has that place already, that one stays the one
  // that is found.
  void Move(Slot& slot, const Address& peer);
  // Gives an association that still begins another tag and TSN.
  void Renew(Slot& slot);

  [[nodiscard]] std::size_t size() const { return by_id_.size(); }

 private:
  // Adds a slot whose association is still to be made.
  Slot& AddEmpty(const AssociationIdentity& identity);

  Around around_;
  std::vector<std::unique_ptr<Slot>> slots_;  // by number, which timers and ready lists use
  std::vector<std::uint32_t> free_;
  std::unordered_map<std::uint32_t, std::uint32_t> by_tag_;  // by our own tags
  std::unordered_map<SlotPlace, std::uint32_t, PlaceHash> by_place_;
  std::unordered_map<AssociationId, std::uint32_t> by_id_;
  std::uint64_t next_id_ = 1;
};

}  // namespace sctp
