// One configured peer: whether an association with it is wanted, and which one serves it.
// dialling.h gets one; once one serves the peer, failback.h looks for a better path. Both begin
// associations with begun_associations.h, at the addresses of peer_addresses.h.
//
// Owned by the PeerRegistry. It begins and ends associations through its AssociationHost, which
// owns them and reports what happens to them; the host may call it from inside these calls.
#pragma once

#include <string>
#include <vector>

#include "common/base/deadlines.h"
#include "common/config/peer_config.h"
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
  // It adopts what is remembered of the peer from before the start.
  Peer(SharedState& shared, AssociationHost& host, const config::PeerConfig& config);

  // Does what is due by now; call it after each change, and at the time that it has asked for
  // (AssociationHost::Wake).
  void Consider();
  // Counts the edges that wait for it (on-demand).
  void AddWant();
  void RemoveWant();
  // The number that the predecessor of the same name had; the peer is considered later.
  void SetWantedBy(std::size_t edges) { wanted_by_ = edges; }
  // Adopts CONFIG, which names the same node.
  void Configure(const config::PeerConfig& config);
  // Begins nothing more.
  void Stop(const std::string& reason);
  // It is no longer a peer: ends everything with it.
  void Dismiss(const std::string& reason);

  // --- what happens to its associations
  // An association that Connect() began is up, and is being verified.
  void OnUp(Association& association);
  // It was not verified in time.
  void OnVerifyTimeout(const Association& association);
  // Comes before OnServed. Either the association that serves the peer now (if any) makes way for
  // FRESH, or FRESH has ended. INSTANCE and NODE say who the far end is.
  [[nodiscard]] bool Supersede(Association& fresh, std::uint64_t instance, const std::string& node);
  // ASSOCIATION, which is being verified, will serve the peer; OnUsable follows when it is up.
  void OnServed(Association& association);
  void OnUsable(Association& association);
  // ASSOCIATION, whose path used the carrier BEFORE, has moved.
  void OnMoved(Association& association, sctp::Carrier before);
  // Its association has ended by itself, and still has its data; OnEnded follows. True: another one
  // takes its place.
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

  // When it must be considered again.
  Deadlines<Peer>::Deadline timer{*this};

  [[nodiscard]] bool IsConsistent() const;

  // For its parts: looks up the names; the part that waits gets the answer.
  void LookUp();

 private:
  [[nodiscard]] bool IsWanted() const;
  // While one is up: ends it if nobody needs it.
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
  TimePoint idle_since_{};  // on-demand: since when it is up without channels
  std::size_t wanted_by_ = 0;
};

}  // namespace funnel::sctpd
