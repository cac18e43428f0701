// One configured peer: whether an association with it is wanted, and which one serves it. How one
// comes to be is dialling.h; once one serves the peer, failback.h looks for a better path. Both
// begin associations by begun_associations.h, at the addresses of peer_addresses.h.
//
// Owned by the PeerRegistry. It begins and ends associations by its AssociationHost, which owns
// them and reports what becomes of them; from inside of that, it may be asked anything.
#pragma once

#include <string>
#include <vector>

#include "common/base/deadlines.h"
#include "common/config/model.h"
#include "funnel-sctpd/association/association.h"
#include "funnel-sctpd/association/association_host.h"
#include "funnel-sctpd/association/begun_associations.h"
#include "funnel-sctpd/association/dialling.h"
#include "funnel-sctpd/association/failback.h"
#include "funnel-sctpd/association/peer_addresses.h"
#include "funnel-sctpd/shared_state.h"

namespace funnel::sctpd {

class Peer {
 public:
  // What is remembered of it from before the start is taken over.
  Peer(SharedState& shared, AssociationHost& host, const config::PeerConfig& config);

  // Looks at what is to be done by now; to be called after each change, and when it asked for it
  // (AssociationHost::Wake).
  void Consider();
  // How many edges wait for it (on-demand).
  void AddWant();
  void RemoveWant();
  // As it was for the predecessor of the same name; the peer is considered later.
  void SetWantedBy(std::size_t edges) { wanted_by_ = edges; }
  // Takes over CONFIG, which names the same node.
  void Configure(const config::PeerConfig& config);
  // Nothing more is begun.
  void Stop(const std::string& reason);
  // It is not a peer any more: everything with it ends.
  void Dismiss(const std::string& reason);

  // --- what becomes of associations with it
  // One that Connect began is up, and is being verified.
  void OnUp(Association& association);
  // It was verified by nobody in time.
  void OnVerifyTimeout(const Association& association);
  // Before OnServed: the association that serves it now (if any) makes way for FRESH, or does not:
  // then FRESH has ended. INSTANCE and NODE: who the far end is.
  [[nodiscard]] bool Supersede(Association& fresh, std::uint64_t instance, const std::string& node);
  // ASSOCIATION, which is being verified, will serve it; OnUsable follows when it is up.
  void OnServed(Association& association);
  void OnUsable(Association& association);
  // ASSOCIATION, whose path was BEFORE's carrier, has moved.
  void OnMoved(Association& association, sctp::Carrier before);
  // Its association has ended by itself, and is still what it was; OnEnded follows. True: another
  // one takes its place.
  [[nodiscard]] bool OnLosing(Association& association, sctp::DownReason reason);
  // ASSOCIATION has ended. WAS_UP: it was verified. AT_LEAST: the shortest time before the next
  // try.
  void OnEnded(Association& association, const std::string& reason, bool was_up, Duration at_least);

  [[nodiscard]] const std::string& name() const { return config_.name; }
  [[nodiscard]] const config::PeerConfig& config() const { return config_; }
  [[nodiscard]] bool connects() const { return !config_.connect.empty(); }
  [[nodiscard]] std::size_t wanted_by() const { return wanted_by_; }
  // nullptr: none is verified.
  [[nodiscard]] Association* up() const { return up_; }
  [[nodiscard]] const BegunAssociations& begun() const { return begun_; }
  [[nodiscard]] const Dialling& dialling() const { return dialling_; }
  [[nodiscard]] const Failback& failback() const { return failback_; }
  [[nodiscard]] const PeerAddresses& addresses() const { return addresses_; }

  // When it is to be considered again.
  Deadlines<Peer>::Deadline timer{*this};

  [[nodiscard]] bool IsConsistent() const;

  // For its parts: its names are looked up; the answer goes to the part that waits for it.
  void LookUp();

 private:
  [[nodiscard]] bool IsWanted() const;
  // While one is up: ends it where nobody needs it.
  void ConsiderUp();
  void OnResolved(const std::vector<ResolvedAddress>& found, const std::string& error);

  SharedState& shared_;
  AssociationHost& host_;
  config::PeerConfig config_;
  PeerAddresses addresses_;
  BegunAssociations begun_;
  Dialling dialling_;
  Failback failback_;
  Association* up_ = nullptr;
  TimePoint idle_since_{};  // on-demand: up without channels from here on
  std::size_t wanted_by_ = 0;
};

}  // namespace funnel::sctpd
