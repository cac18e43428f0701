#include "sctp/endpoint/endpoint.h"

namespace sctp {

Endpoint::Endpoint(const EndpointSettings& settings, RandomSource& random,
                   EndpointObserver& observer, TimePoint now)
    : settings_(settings),
      cookies_(settings.cookies, random, now),
      rules_(settings_, counters_, std::uint64_t{random.U32()} << 32 | random.U32()),
      budgets_(settings_, counters_),
      slots_({observer, rules_, random, buffers_, budgets_}),
      turns_(slots_, counters_),
      replies_(buffers_),
      responder_({settings_.association, cookies_, rules_, slots_, turns_, replies_, counters_}),
      acceptor_({rules_, observer, slots_, turns_, counters_}) {}

const Association* Endpoint::Find(AssociationId id) const {
  const Slot* slot = slots_.Find(id);
  return slot == nullptr ? nullptr : slot->association.get();
}

Result<AssociationId> Endpoint::Connect(const Address& peer, std::uint16_t peer_port,
                                        std::uint16_t own_port, TimePoint now) {
  const SlotPlace place{peer, peer_port, own_port};
  if (slots_.FindPlace(place) != nullptr)
    return funnel::Fail("there is an association already", EISCONN);
  if (!rules_.HasRoom(slots_.size())) return funnel::Fail("too many associations", ENOSPC);
  Slot& slot = slots_.Add(slots_.NewIdentity(place), now);
  turns_.Touch(slot);
  return slot.id;
}

SendStatus Endpoint::Send(AssociationId id, StreamId stream, ByteView message,
                          const SendOptions& options, TimePoint now) {
  (void)now;
  Slot* slot = slots_.Find(id);
  if (slot == nullptr) return SendStatus::kGone;
  const SendStatus status = slot->association->Send(stream, message, options);
  if (status == SendStatus::kSent) turns_.Touch(*slot);
  return status;
}

void Endpoint::Configure(AssociationId id, StreamId stream, const StreamShare& share) {
  if (Slot* slot = slots_.Find(id)) slot->association->Configure(stream, share);
}

void Endpoint::Trust(AssociationId id, TimePoint now) {
  if (Slot* slot = slots_.Find(id)) {
    slot->association->Trust(now);
    turns_.Touch(*slot);
  }
}

bool Endpoint::OfferPaths(AssociationId id, const std::vector<Address>& addresses, TimePoint now) {
  Slot* slot = slots_.Find(id);
  if (slot == nullptr || !slot->association->up()) return false;
  slot->association->OfferPaths(addresses, now);
  turns_.Touch(*slot);
  return true;
}

void Endpoint::Shutdown(AssociationId id, TimePoint now) {
  if (Slot* slot = slots_.Find(id)) {
    slot->association->Shutdown(now);
    turns_.Touch(*slot);
  }
}

void Endpoint::Abort(AssociationId id, std::string_view reason) {
  if (Slot* slot = slots_.Find(id)) {
    slot->association->Abort(reason);
    turns_.Touch(*slot);
  }
}

void Endpoint::Refuse(AssociationId id, std::string_view reason) {
  if (Slot* slot = slots_.Find(id)) {
    slot->association->RefuseUp(reason);
    turns_.Touch(*slot);
  }
}

std::optional<Departure> Endpoint::NextPacket(MutableByteView buffer, TimePoint now) {
  if (!replies_.empty()) return replies_.NextPacket(buffer);
  return turns_.NextPacket(buffer, now);
}

void Endpoint::OnTimer(TimePoint now) {
  while (Slot* const slot = turns_.TakeDue(now)) {
    slot->association->OnTimer(now);
    turns_.Touch(*slot);
    if (slot->association->down() && slot->successor) acceptor_.Succeed(*slot, now);
  }
}

}  // namespace sctp
