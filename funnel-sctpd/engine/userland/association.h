// What the userland engine knows of one association, and how it finds it again.
#pragma once

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "common/base/clock.h"
#include "funnel-sctpd/engine/engine.h"
#include "funnel-sctpd/engine/held_messages.h"
#include "funnel-sctpd/engine/output_queue.h"
#include "funnel-sctpd/engine/packet/large_packets.h"
#include "funnel-sctpd/engine/path/paths.h"
#include "funnel-sctpd/engine/path/resend_guard.h"
#include "funnel-sctpd/engine/path/round_trip.h"
#include "funnel-sctpd/engine/userland/bulk_window.h"
#include "funnel-sctpd/engine/userland/sctp_endpoint.h"

namespace funnel::sctp {

// A peer as packets name it. Two processes behind one address may differ in the SCTP port only; and
// what we began comes to another port of ours than what others begin.
struct PeerKey {
  TransportAddress address;
  std::uint16_t sctp_port = 0;
  std::uint16_t local_port = 0;
  bool operator==(const PeerKey&) const = default;
};
struct PeerKeyHash {
  std::size_t operator()(const PeerKey& key) const noexcept {
    return std::hash<TransportAddress>{}(key.address) ^
           (std::size_t{key.local_port} << 16 | key.sctp_port) * 0x9e3779b97f4a7c15u;
  }
};

struct Association {
  enum class State { kConnecting, kUp, kEnding };

  AssociationId id;
  StackAssociation stack;
  PeerPort port;
  // Tells this association's port from those of others with the same peer: one that is being given
  // up, or one that this succeeds without a pause. For libusrsctp a peer that begins anew thus is a
  // new peer (its own handling of restarts is CVE-2021-30523).
  std::uint64_t generation = 0;
  PeerKey key;
  Route route;  // in use; of all those in `paths`, once up
  Paths paths;
  State state = State::kConnecting;
  bool incoming = false;
  bool trusted = false;          // not held to the limits for strangers
  bool linux_fragments = false;  // kLinuxFragmentsIndication
  std::uint16_t streams = 0;
  std::size_t max_unfragmented = 0;
  StackTags tags;  // AssociationTable::SetTags
  std::size_t packet_limit = 0;

  TimePoint heard{};          // when the peer last sent something with our tag
  TimePoint used{};           // ... by the present path, PacketSummary::uses_path
  Duration srtt{0};           // of messages; 0: not known
  TimePoint answers_since{};  // heartbeats answered since, by other paths
  unsigned answers = 0;
  TimePoint deadline{};        // of kEnding
  bool shutdown_owed = false;  // the stack had no room for it yet
  // Send said kFull; OnWritable is owed.
  struct Waits {
    bool room = false;  // of the send buffer
    bool turn = false;  // of reliable messages of one packet
    bool bulk = false;  // of larger ones
    [[nodiscard]] bool any() const { return room || turn || bulk; }
  } waits;
  std::chrono::milliseconds rto_min{0}, rto_max{0};
  ResendGuard guard;
  std::chrono::milliseconds guarded{0};  // for how long a chunk is not sent again

  // Payload handed to libusrsctp, and what of it has left at least once.
  RoundTrip round_trip;
  BulkWindow bulk;
  std::uint64_t given_bytes = 0, first_sent_bytes = 0;
  [[nodiscard]] std::uint64_t unsent_bytes() const {
    return given_bytes - std::min(given_bytes, first_sent_bytes);
  }
  HeldMessages held;  // these go before all that is reliable
  // Of reliable messages of one packet: what they may send while some of those wait, which is as
  // much as these send; and what they have sent since the stack last had little in hand.
  std::size_t beside_held_bytes = 0;
  std::size_t ahead_bytes = 0;
  LargePackets large_packets;

  std::uint64_t packets_in = 0, packets_out = 0, bytes_in = 0, bytes_out = 0;
  std::uint64_t messages_in = 0, messages_out = 0, retransmitted_chunks = 0, expired_messages = 0;
};

// Owns the associations. An association is in every index or in none.
class AssociationTable {
 public:
  [[nodiscard]] Association* Find(AssociationId id) const {
    auto found = owned_.find(id);
    return found == owned_.end() ? nullptr : found->second.get();
  }
  [[nodiscard]] Association* Find(StackAssociation stack) const { return Lookup(by_stack_, stack); }
  [[nodiscard]] Association* Find(const PeerKey& key) const { return Lookup(by_key_, key); }
  [[nodiscard]] Association* Find(PeerPort port) const { return Lookup(by_port_, port); }
  // By the tag of packets to us.
  [[nodiscard]] Association* FindTag(std::uint32_t tag) const { return Lookup(by_tag_, tag); }

  Association& Add(Association association) {
    auto owned = std::make_unique<Association>(std::move(association));
    Association* raw = owned.get();
    by_stack_[raw->stack] = raw;
    by_key_[raw->key] = raw;
    by_port_[raw->port] = raw;
    SetTags(*raw, raw->tags);
    owned_[raw->id] = std::move(owned);
    return *raw;
  }
  // Two with one tag are as likely as a guessed one: the second is not found by it.
  void SetTags(Association& association, const StackTags& tags) {
    ForgetTag(association);
    association.tags = tags;
    if (tags.local != 0) by_tag_.try_emplace(tags.local, &association);
  }
  // Packets go to KEY now. Another association of the same peer may have it already, and keeps it:
  // this one is then found by its tag.
  void Move(Association& association, const PeerKey& key) {
    ForgetKey(association);
    association.key = key;
    by_key_.try_emplace(key, &association);
  }
  void Remove(Association& association) {
    by_stack_.erase(association.stack);
    by_port_.erase(association.port);
    ForgetKey(association);
    ForgetTag(association);
    owned_.erase(AssociationId(association.id));
  }
  [[nodiscard]] std::size_t size() const { return owned_.size(); }
  // Ids, so that the caller may remove while it walks.
  [[nodiscard]] std::vector<AssociationId> Ids() const {
    std::vector<AssociationId> out;
    out.reserve(owned_.size());
    for (const auto& [id, association] : owned_) out.push_back(id);
    return out;
  }

 private:
  // Another may have them.
  void ForgetKey(const Association& association) {
    if (Find(association.key) == &association) by_key_.erase(association.key);
  }
  void ForgetTag(const Association& association) {
    if (FindTag(association.tags.local) == &association) by_tag_.erase(association.tags.local);
  }
  template <typename Map, typename Key>
  static Association* Lookup(const Map& map, const Key& key) {
    auto found = map.find(key);
    return found == map.end() ? nullptr : found->second;
  }

  std::unordered_map<AssociationId, std::unique_ptr<Association>> owned_;
  std::unordered_map<StackAssociation, Association*> by_stack_;
  std::unordered_map<PeerKey, Association*, PeerKeyHash> by_key_;
  std::unordered_map<PeerPort, Association*> by_port_;
  std::unordered_map<std::uint32_t, Association*> by_tag_;
};

}  // namespace funnel::sctp
