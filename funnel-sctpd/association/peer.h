// One configured peer: whether an association with it is wanted, and how one comes to be. Its names
// are looked up, the candidates that they lead to are tried in parallel (attempts.h), and after a
// whole round without success it waits; all of that is dialer.h's order. Once one serves the peer,
// failback.h looks for a better path.
//
// Owned by the PeerRegistry. It begins and ends associations by its AssociationHost, which owns
// them and reports what becomes of them; from inside of that, it may be asked anything.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/deadlines.h"
#include "common/config/model.h"
#include "funnel-sctpd/association/association.h"
#include "funnel-sctpd/association/association_host.h"
#include "funnel-sctpd/association/dialer.h"
#include "funnel-sctpd/association/failback.h"
#include "funnel-sctpd/association/peer_addresses.h"
#include "funnel-sctpd/environment.h"

namespace funnel::sctpd {

class Peer {
 public:
  using Tried = std::map<AssociationId, Association*>;

  // What is remembered of it from before the start is taken over.
  Peer(Environment& env, AssociationHost& host, const config::PeerConfig& config);

  // Looks at what is to be done by now; to be called after each change, and when it asked for it
  // (AssociationHost::Wake).
  void Consider();
  // How many edges wait for it (on-demand).
  void AddWant();
  void RemoveWant();
  // Of its predecessor of the same name; it is considered later.
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
  // Its association has ended by itself, and is still what it was; OnEnded follows.
  void OnLosing(Association& association, sctp::DownReason reason);
  // ASSOCIATION has ended. WAS_UP: it was verified. AT_LEAST: the shortest time before the next
  // try.
  void OnEnded(Association& association, const std::string& reason, bool was_up, Duration at_least);

  [[nodiscard]] const std::string& name() const { return config_.name; }
  [[nodiscard]] const config::PeerConfig& config() const { return config_; }
  [[nodiscard]] bool connects() const { return !config_.connect.empty(); }
  [[nodiscard]] std::size_t wanted_by() const { return wanted_by_; }
  // nullptr: none is verified.
  [[nodiscard]] Association* up() const { return up_; }
  // The dialer's that is being verified.
  [[nodiscard]] Association* outgoing() const { return outgoing_; }
  // Made by us, not up yet and not ending.
  [[nodiscard]] const Tried& tried() const { return tried_; }
  [[nodiscard]] const Dialer& dialer() const { return dialer_; }
  [[nodiscard]] const Failback& failback() const { return failback_; }
  [[nodiscard]] const PeerAddresses& addresses() const { return addresses_; }
  // Why it is not up; empty: it is, or never was.
  [[nodiscard]] const std::string& reason() const { return reason_; }

  // When it is to be considered again.
  Deadlines<Peer>::Deadline timer{*this};

  [[nodiscard]] bool IsConsistent() const;

  // --- for its parts
  [[nodiscard]] Environment& env() const { return env_; }
  [[nodiscard]] AssociationHost& host() const { return host_; }
  [[nodiscard]] PeerAddresses& addresses() { return addresses_; }
  // All that its names led to. DIRECT_NOW: with carrier = auto also direct SCTP.
  [[nodiscard]] std::vector<Candidate> Candidates(bool direct_now) const {
    return addresses_.Candidates(config_, direct_now);
  }
  [[nodiscard]] Attempts::HeadStart HeadStart() const;
  void LookUp();
  // Begins what is due of ATTEMPTS.
  void ConnectDue(Attempts& attempts, bool beside);
  // ASSOCIATION is the one that the dialer waits for.
  void SetOutgoing(Association& association);
  // Keeps which path serves, over a restart.
  void Remember();

 private:
  [[nodiscard]] bool IsWanted() const;
  // While one is up: ends it where nobody needs it.
  void ConsiderUp();
  void BeginDialling();
  void OnResolved(const std::vector<ResolvedAddress>& found, const std::string& error);
  // Whether the address that worked last may be tried without an answer.
  [[nodiscard]] bool MayFallBack() const;
  // The name's server may be reached through this very peer, or be away with it.
  void FallBack(const std::string& why);
  // Goes on with the dialer's attempts.
  void Advance();
  void OnAttemptFailed(const Association& association, const std::string& reason);
  [[nodiscard]] Attempts& AttemptsOf(const Association& association);
  void Withdraw(Association& association, const std::string& reason);
  void WithdrawAll(const std::string& reason);
  // What Remember kept.
  void Recall();

  Environment& env_;
  AssociationHost& host_;
  config::PeerConfig config_;
  Dialer dialer_;
  Failback failback_{*this};
  PeerAddresses addresses_;
  Association* up_ = nullptr;
  Association* outgoing_ = nullptr;
  Tried tried_;
  std::string reason_;
  TimePoint idle_since_{};  // on-demand: up without channels from here on
  std::size_t wanted_by_ = 0;
  // When the address that worked last is tried without an answer; max: it is waited for.
  TimePoint resolve_patience_ = TimePoint::max();
  bool fell_back_ = false;  // and was, in the round before
};

}  // namespace funnel::sctpd
