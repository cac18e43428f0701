// All associations and configured peers: connects and reconnects, lets peers in, has every far end
// verified by authd, and keeps one association a peer. The engine's observer.
//
// Owned by Tables, one thread. Call order: construct, Start(); OnTimer() when
// NextTimer() has come; the rest as it happens. The user is told from inside the engine's
// observer calls, authd's verdicts, OnTimer and Reload; it may call SendControl and Fail from
// there.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/ipc/authd_messages.h"
#include "funnel-sctpd/association/admission.h"
#include "funnel-sctpd/association/association.h"
#include "funnel-sctpd/association/associations.h"
#include "funnel-sctpd/association/peer.h"
#include "funnel-sctpd/environment.h"
#include "funnel-sctpd/registry.h"

namespace funnel::sctpd {

class AssociationTable final : public sctp::EngineObserver,
                               public Associations,
                               public PeerListener {
  using Peers = Registry<std::string, Peer>;
  using Associations = Registry<AssociationId, Association>;

 public:
  AssociationTable(Environment& env, AssociationUser& user);
  ~AssociationTable() override;

  void Start();
  void OnTimer();
  [[nodiscard]] TimePoint NextTimer() const {
    return std::min(associations_due_.next(), peers_due_.next());
  }
  // Takes over env.config, which has just changed from OLD.
  void Reload(const config::Configuration& old);
  // Ends all of them at once, telling peers why.
  void EndAll(const std::string& reason);

  // Associations
  [[nodiscard]] Association* FindUp(const std::string& peer) override;
  void AddWant(const std::string& peer) override;
  void RemoveWant(const std::string& peer) override;
  void SendControl(Association& association, StreamId stream, Bytes frame) override;
  // Ends it soon: the caller may go on using it until it returns to the loop.
  void Fail(Association& association, const std::string& reason);

  // PeerListener
  void OnAuthdUp() override;
  void OnVerified(const ipc::PeerVerified& verdict) override;
  void OnVerifyFailed(const ipc::PeerFailed& verdict) override;
  void OnPeerFrame(const ipc::PeerFrame& message) override;

  // sctp::EngineObserver
  void OnUp(AssociationId id, const sctp::UpInfo& info) override;
  void OnDown(AssociationId id, sctp::DownReason reason, std::string_view text) override;
  void OnMessage(AssociationId id, StreamId stream, std::uint32_t payload_protocol,
                 MutableByteView message) override;
  void OnWritable(AssociationId id) override;
  void OnMoved(AssociationId id, const sctp::PeerPath& path) override;

  // For status.
  [[nodiscard]] const Peers::Map& peers() const { return peers_.All(); }
  [[nodiscard]] const Associations::Map& associations() const { return associations_.All(); }
  // How many peers and associations loops over all of them have looked at since the start.
  [[nodiscard]] std::uint64_t walked() const { return peers_.walked() + associations_.walked(); }

 private:
  [[nodiscard]] Association* Find(AssociationId id);
  [[nodiscard]] Peer* FindPeer(const std::string& name);
  struct Ending {
    Duration at_least{};    // the shortest time before the next try
    bool in_order = false;  // what was sent is still delivered
  };
  // Considers it again by then.
  void Wake(Peer& peer, TimePoint at) {
    peers_due_.SetEarlier(peer.timer, at);
    env_.work();
  }
  void SetDeadline(Association& association, TimePoint at);
  void OnDeadline(Association& association);
  // Every change of a state: the gauges follow it.
  void SetState(Association& association, AssociationState state, std::string_view reason);
  void UpdateGauges();

  // Connecting (association_dial.cc).
  [[nodiscard]] bool Wanted(const Peer& peer) const;
  void Consider(Peer& peer);
  void BeginDialling(Peer& peer);
  void Resolve(Peer& peer);
  void OnResolved(const std::string& name, std::uint64_t round,
                  const std::vector<ResolvedAddress>& addresses, const std::string& error);
  // To the address that worked last, where its name leads nowhere (yet).
  void FallBack(Peer& peer, const std::string& why);
  [[nodiscard]] bool MayFallBack(const Peer& peer) const;
  [[nodiscard]] std::vector<Candidate> RoutesOf(const Peer& peer,
                                                const std::vector<ResolvedAddress>& addresses,
                                                bool direct_now) const;
  [[nodiscard]] Attempts::HeadStart HeadStart() const;
  void Advance(Peer& peer);
  void ConnectDue(Peer& peer, Attempts& attempts, bool beside);
  void OnAttemptUp(Association& association);
  void OnAttemptFailed(Peer& peer, Association& association, const std::string& reason);
  void NoteDirectFailure(Peer& peer, const Attempts& attempts);
  void Withdraw(Association& association, const std::string& reason);
  void WithdrawAll(Peer& peer, const std::string& reason);
  void AddPeer(const config::PeerConfig& config);
  void RemovePeer(Peer& peer, const std::string& reason);
  void PublishKnownHosts();

  // Better ways (association_return.cc).
  [[nodiscard]] bool IsIdle(const Association& association) const;
  [[nodiscard]] std::vector<Candidate> BetterRoutes(const Peer& peer, bool direct_now) const;
  void PlanReturn(Peer& peer);
  void ConsiderReturn(Peer& peer);
  void OnResolvedBeside(Peer& peer, bool found);
  void RankAnew(Peer& peer);
  void AdvanceBeside(Peer& peer);
  [[nodiscard]] bool TakeOver(Association& fresh, Association& old);
  void Replace(Association& old, const std::string& why, bool in_order);
  void HandOver(Association& old);
  void OnBesideLost(Peer& peer, Association& association, const std::string& reason);
  void OfferPaths(Peer& peer, Association& association);
  void Remember(Peer& peer);
  void Recall(Peer& peer);

  // Verifying (association_verify.cc).
  void LetIn(AssociationId id, const sctp::UpInfo& info);
  void BeginVerifying(Association& association, const sctp::UpInfo& info);
  void OnVerifyTimeout(const Association& association);
  void ToAuthd(Association& association, ByteView frame);
  [[nodiscard]] std::string WhyNot(const Association& association,
                                   const ipc::PeerVerified& verdict);
  [[nodiscard]] bool MakeRoom(Association& fresh, Peer& peer, const ipc::PeerVerified& verdict);
  void BringUp(Association& association, Peer& peer, const ipc::PeerVerified& verdict);

  // Ends it from our side; everything but the engine's own record of it is gone on return.
  void End(Association& association, const std::string& reason, const Ending& how);
  void End(Association& association, const std::string& reason) { End(association, reason, {}); }
  // Whoever used it is told.
  void Detach(Association& association, const std::string& reason, bool was_up, Duration at_least);

  Environment& env_;
  AssociationUser& user_;
  Admission admission_;
  // Outlive whom they are of.
  Deadlines<Peer> peers_due_;
  Deadlines<Association> associations_due_;
  Peers peers_;
  Associations associations_;
  std::size_t up_ = 0;
  // The last one that a message came for: most messages come in runs.
  Association* recent_ = nullptr;
  // Of all peers: one that comes again must not take an answer meant for its predecessor.
  std::uint64_t resolve_rounds_ = 0;
};

}  // namespace funnel::sctpd
