#include "sctp/endpoint/endpoint.h"

#include "sctp/endpoint/slot.h"

namespace sctp {
namespace {

// How many packets of one association follow each other before another gets its turn: one train of
// segments.
constexpr int kTrain = 44;

}  // namespace

Endpoint::Endpoint(const EndpointSettings& settings, RandomSource& random,
                   EndpointObserver& observer, TimePoint now)
    : settings_(settings),
      random_(random),
      observer_(observer),
      cookies_(settings.cookies, random, now),
      strangers_(settings.strangers, std::uint64_t{random.U32()} << 32 | random.U32()) {}

Endpoint::~Endpoint() = default;

Endpoint::Slot& Endpoint::AddSlot(const Place& place) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  slots_[number] = std::make_unique<Slot>(*this, number, AssociationId(next_id_++), place);
  by_place_[place] = number;
  by_id_[slots_[number]->id] = number;
  return *slots_[number];
}

Association::Identity Endpoint::NewIdentity(const Place& place) {
  Association::Identity identity;
  identity.own_port = place.own_port;
  identity.peer_port = place.port;
  do {
    identity.own_tag = VerificationTag(random_.NonzeroU32());
  } while (by_tag_.contains(identity.own_tag.value()));
  identity.own_tsn = Tsn(random_.U32());
  identity.own_tie = random_.NonzeroU32();
  identity.peer_tie = random_.NonzeroU32();
  identity.peer = place.address;
  return identity;
}

Endpoint::Slot* Endpoint::FindSlot(AssociationId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : slots_[found->second].get();
}

Endpoint::Slot* Endpoint::FindPlace(const Place& place) const {
  const auto found = by_place_.find(place);
  if (found == by_place_.end()) return nullptr;
  Slot* slot = slots_[found->second].get();
  return slot->association->down() ? nullptr : slot;
}

const Association* Endpoint::Find(AssociationId id) const {
  const Slot* slot = FindSlot(id);
  return slot == nullptr ? nullptr : slot->association.get();
}

AssociationSettings Endpoint::SettingsFor(const Address& peer) const {
  AssociationSettings settings = settings_.association;
  settings.packet_bytes = PacketBytes(peer);
  return settings;
}

std::size_t Endpoint::PacketBytes(const Address& peer) const {
  return policy_ != nullptr ? policy_->PacketBytes(peer) : settings_.association.packet_bytes;
}

bool Endpoint::Admit(const Address& from, EndpointPolicy::Ask ask, TimePoint now) {
  if (policy_ != nullptr ? policy_->MayAsk(from, ask, now) : strangers_.Admit(from, now))
    return true;
  ++counters_.strangers_limited;
  return false;
}

Result<AssociationId> Endpoint::Connect(const Address& peer, std::uint16_t peer_port,
                                        std::uint16_t own_port, TimePoint now) {
  const Place place{peer, peer_port, own_port};
  if (FindPlace(place) != nullptr) return funnel::Fail("there is an association already", EISCONN);
  if (by_id_.size() >= settings_.max_associations)
    return funnel::Fail("too many associations", ENOSPC);
  const Association::Identity identity = NewIdentity(place);
  Slot& slot = AddSlot(place);
  by_tag_[identity.own_tag.value()] = slot.number;
  slot.association = std::make_unique<Association>(
      SettingsFor(peer), identity, Association::Around{random_, buffers_, slot}, now);
  Touch(slot);
  return slot.id;
}

SendStatus Endpoint::Send(AssociationId id, StreamId stream, ByteView message,
                          const SendOptions& options, TimePoint now) {
  (void)now;
  Slot* slot = FindSlot(id);
  if (slot == nullptr) return SendStatus::kGone;
  const SendStatus status = slot->association->Send(stream, message, options);
  if (status == SendStatus::kSent) Touch(*slot);
  return status;
}

void Endpoint::Configure(AssociationId id, StreamId stream, const StreamShare& share) {
  if (Slot* slot = FindSlot(id)) slot->association->Configure(stream, share);
}

void Endpoint::Trust(AssociationId id, TimePoint now) {
  if (Slot* slot = FindSlot(id)) {
    slot->association->Trust(now);
    Touch(*slot);
  }
}

bool Endpoint::OfferPaths(AssociationId id, const std::vector<Address>& addresses, TimePoint now) {
  Slot* slot = FindSlot(id);
  if (slot == nullptr || !slot->association->up()) return false;
  slot->association->OfferPaths(addresses, now);
  Touch(*slot);
  return true;
}

void Endpoint::Shutdown(AssociationId id, TimePoint now) {
  if (Slot* slot = FindSlot(id)) {
    slot->association->Shutdown(now);
    Touch(*slot);
  }
}

void Endpoint::Abort(AssociationId id, std::string_view reason) {
  if (Slot* slot = FindSlot(id)) {
    slot->association->Abort(reason);
    Touch(*slot);
  }
}

void Endpoint::Refuse(AssociationId id, std::string_view reason) {
  if (Slot* slot = FindSlot(id)) {
    slot->association->RefuseUp(reason);
    Touch(*slot);
  }
}

// It may have something to send, and its timer may have changed: NextPacket looks at both.
void Endpoint::Touch(Slot& slot) {
  if (slot.ready) return;
  slot.ready = true;
  ready_.push_back(slot.number);
}

void Endpoint::Remove(Slot& slot) {
  timers_.Set(slot.number, TimePoint::max());
  by_tag_.erase(slot.association->identity().own_tag.value());
  if (const auto found = by_place_.find(slot.place);
      found != by_place_.end() && found->second == slot.number)
    by_place_.erase(found);
  by_id_.erase(slot.id);
  const std::uint32_t number = slot.number;
  slots_[number].reset();
  free_.push_back(number);
}

void Endpoint::Renew(Slot& slot) {
  by_tag_.erase(slot.association->identity().own_tag.value());
  const Association::Identity fresh = NewIdentity(slot.place);
  slot.association->Renew(fresh.own_tag, fresh.own_tsn);
  by_tag_[fresh.own_tag.value()] = slot.number;
}

// If its peer restarts, it will come from the address of the new path. If another association has
// that place already, that one stays the one that is found.
void Endpoint::Rekey(Slot& slot, const Address& peer) {
  if (const auto found = by_place_.find(slot.place);
      found != by_place_.end() && found->second == slot.number)
    by_place_.erase(found);
  slot.place.address = peer;
  by_place_.try_emplace(slot.place, slot.number);
}

// Adds what happened in its turn to the sums, so that nobody need visit all associations for them.
void Endpoint::Count(Slot& slot) {
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

// It has nothing more to send for now.
void Endpoint::Settle(Slot& slot, TimePoint now) {
  slot.ready = false;
  slot.train = 0;
  Count(slot);
  if (slot.association->down())
    Remove(slot);
  else
    timers_.Set(slot.number, slot.association->NextTimer(now));
}

std::optional<Endpoint::Departure> Endpoint::NextPacket(MutableByteView buffer, TimePoint now) {
  if (!replies_.empty()) {
    Reply reply = std::move(replies_.front());
    replies_.pop_front();
    std::copy(reply.packet.begin(), reply.packet.end(), buffer.begin());
    const Departure departure{reply.to, reply.packet.size()};
    buffers_.Give(std::move(reply.packet));
    return departure;
  }

  while (!ready_.empty()) {
    Slot& slot = *slots_[ready_.front()];
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

// The peer did restart. If the association ended for another reason meanwhile, its cookie is valid,
// too.
void Endpoint::Succeed(Slot& slot, TimePoint now) {
  const Cookie cookie = *slot.successor;
  slot.successor.reset();
  if (const auto found = by_place_.find(slot.place);
      found == by_place_.end() || found->second != slot.number)
    return;  // another one has followed already
  ++counters_.restarts;
  by_place_.erase(slot.place);
  Accept(slot.place, cookie, PacketView{}, now);
}

void Endpoint::OnTimer(TimePoint now) {
  while (!timers_.empty() && timers_.time() <= now) {
    Slot& slot = *slots_[timers_.owner()];
    timers_.Set(slot.number, TimePoint::max());  // set again when it has sent what it has
    slot.association->OnTimer(now);
    Touch(slot);
    if (slot.association->down() && slot.successor) Succeed(slot, now);
  }
}

}  // namespace sctp
