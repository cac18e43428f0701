// All associations of one SCTP port: which association a packet belongs to, who may begin one,
// whose turn it is to send, and when the next timer is due. An idle association costs only its
// memory.
//
// Thread: one. EndpointObserver is called only from OnPacket and OnTimer. Inside these calls
// everything may be called except OnPacket, OnTimer, NextPacket and the destructor.
#pragma once

#include "common/base/error.h"
#include "sctp/association/association.h"
#include "sctp/endpoint/acceptor.h"
#include "sctp/endpoint/departure.h"
#include "sctp/endpoint/observer.h"
#include "sctp/endpoint/replies.h"
#include "sctp/endpoint/responder.h"
#include "sctp/endpoint/rules.h"
#include "sctp/endpoint/settings.h"
#include "sctp/endpoint/slot_table.h"
#include "sctp/endpoint/turns.h"
#include "sctp/wire/packet.h"

namespace sctp {

using funnel::Result;

class Endpoint {
 public:
  // RANDOM and OBSERVER outlive it.
  Endpoint(const EndpointSettings& settings, RandomSource& random, EndpointObserver& observer,
           TimePoint now);

  // Replaces EndpointSettings::strangers and packet_bytes; it outlives the endpoint.
  void SetPolicy(EndpointPolicy* policy) { rules_.SetPolicy(policy); }

  // Connects from OWN_PORT, which may differ from the port where others begin associations: so
  // peers can distinguish two nodes behind one address. OnUp or OnDown follows. Fails with EISCONN
  // if there is one between these ports and addresses, and with ENOSPC at
  // EndpointSettings::max_associations.
  [[nodiscard]] Result<AssociationId> Connect(const Address& peer, std::uint16_t peer_port,
                                              std::uint16_t own_port, TimePoint now);
  [[nodiscard]] Result<AssociationId> Connect(const Address& peer, std::uint16_t peer_port,
                                              TimePoint now) {
    return Connect(peer, peer_port, settings_.port, now);
  }
  [[nodiscard]] SendStatus Send(AssociationId id, StreamId stream, ByteView message,
                                const SendOptions& options, TimePoint now);
  void Configure(AssociationId id, StreamId stream, const StreamShare& share);
  void Trust(AssociationId id, TimePoint now);
  // All addresses by which the peer may be reached, best first; they replace those that it listed
  // itself. False: there is no such association, or it is not up.
  bool OfferPaths(AssociationId id, const std::vector<Address>& addresses, TimePoint now);
  // Ends it in order: OnDown(kShutdown) follows. Or at once: nothing follows.
  void Shutdown(AssociationId id, TimePoint now);
  void Abort(AssociationId id, std::string_view reason);
  // Called inside OnUp: as Abort, but first the peer learns that the association is up. Otherwise
  // the SCTP of some peers tells nobody the reason (Linux).
  void Refuse(AssociationId id, std::string_view reason);

  // PACKET may be changed in place.
  void OnPacket(const Address& from, MutableByteView packet, Checksum checksum, TimePoint now);
  using Departure = sctp::Departure;
  // Writes the next packet into BUFFER of at least AssociationSettings::packet_bytes. Call it until
  // it has none; those of one association follow each other as long as its train lasts.
  [[nodiscard]] std::optional<Departure> NextPacket(MutableByteView buffer, TimePoint now);
  // Whether there may be one.
  [[nodiscard]] bool HasPackets() const { return !turns_.empty() || !replies_.empty(); }
  [[nodiscard]] TimePoint NextTimer() const { return turns_.NextTimer(); }
  void OnTimer(TimePoint now);

  // Whose tag PACKET has; 0: nobody's. Nothing else of it is looked at.
  [[nodiscard]] AssociationId ClaimedBy(ByteView packet) const;
  // nullptr: it is unknown, or no longer known.
  [[nodiscard]] const Association* Find(AssociationId id) const;
  [[nodiscard]] const EndpointCounters& counters() const { return counters_; }
  [[nodiscard]] const UnverifiedBudgets& budgets() const { return budgets_; }
  [[nodiscard]] std::size_t associations() const { return slots_.size(); }

 private:
  // An ABORT or SHUTDOWN COMPLETE, with the tag that we sent.
  void OnReflected(const Address& from, const PacketView& packet, TimePoint now);
  // A packet with chunks of an association, of which FIRST is the first.
  void OnOther(const Address& from, const PacketView& packet, const ChunkView& first,
               TimePoint now);

  EndpointSettings settings_;
  EndpointCounters counters_;
  CookieBox cookies_;
  Rules rules_;
  BufferPool buffers_;
  UnverifiedBudgets budgets_;
  SlotTable slots_;
  Turns turns_;
  Replies replies_;
  Responder responder_;
  Acceptor acceptor_;
};

}  // namespace sctp
