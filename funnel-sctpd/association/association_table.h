// All associations and configured peers: connects and reconnects, lets peers in, has every far end
// verified by authd, and keeps one association for each peer. It is the engine's observer. It only
// dispatches, and does what its parts ask of the engine: each part has a header that is its
// contract (ARCHITECTURE.md, "Inside sctpd").
//
// Owned by Tables, one thread. Call order: construct, Start(); OnTimer() when NextTimer() has come;
// the rest as things happen. The user is called inside the engine's observer calls, authd's
// verdicts, OnTimer and Reload; it may call SendControl and Fail from there.
#pragma once

#include <optional>
#include <string>

#include "common/ipc/authd_messages.h"
#include "funnel-sctpd/association/association.h"
#include "funnel-sctpd/association/association_host.h"
#include "funnel-sctpd/association/association_registry.h"
#include "funnel-sctpd/association/associations.h"
#include "funnel-sctpd/association/peer_registry.h"
#include "funnel-sctpd/association/verifier.h"
#include "funnel-sctpd/shared_state.h"

namespace funnel::sctpd {

class AssociationTable final : public sctp::EngineObserver,
                               public Associations,
                               public PeerListener,
                               private AssociationHost {
 public:
  AssociationTable(SharedState& shared, AssociationUser& user);
  ~AssociationTable() override;

  void Start();
  void OnTimer();
  [[nodiscard]] TimePoint NextTimer() const;
  // Adopts shared.config, which has just replaced OLD.
  void Reload(const config::Configuration& old);
  // Ends all of them at once; their peers get REASON.
  void EndAll(const std::string& reason);

  // Associations
  [[nodiscard]] Association* FindUp(const std::string& peer) override;
  void AddWant(const std::string& peer) override;
  void RemoveWant(const std::string& peer) override;
  void SendControl(Association& association, StreamId stream, Bytes frame) override;
  // Ends it soon: the caller may use it until it returns to the loop.
  void Fail(Association& association, const std::string& reason);

  // PeerListener
  void OnAuthdUp() override { verifier_.OnAuthdUp(); }
  void OnVerified(const ipc::PeerVerified& verdict) override { verifier_.OnVerified(verdict); }
  void OnVerifyFailed(const ipc::PeerFailed& verdict) override {
    verifier_.OnVerifyFailed(verdict);
  }
  void OnPeerFrame(const ipc::PeerFrame& message) override { verifier_.OnPeerFrame(message); }

  // sctp::EngineObserver
  void OnUp(AssociationId id, const sctp::UpInfo& info) override;
  void OnDown(AssociationId id, sctp::DownReason reason, std::string_view text) override;
  void OnMessage(AssociationId id, StreamId stream, std::uint32_t payload_protocol,
                 MutableByteView message) override;
  void OnWritable(AssociationId id) override;
  void OnMoved(AssociationId id, const sctp::PeerPath& path) override;

  // For status.
  [[nodiscard]] const PeerRegistry::Map& peers() const { return peers_.All(); }
  [[nodiscard]] const AssociationRegistry::Map& associations() const { return associations_.All(); }
  // How many peers and associations loops over all of them have looked at since the start.
  [[nodiscard]] std::uint64_t walked() const { return peers_.walked() + associations_.walked(); }

 private:
  using AssociationHost::End;

  // AssociationHost
  [[nodiscard]] Result<Association*> Connect(Peer& peer, const Candidate& candidate,
                                             Association::Purpose purpose) override;
  void End(Association& association, const std::string& reason, const EndOptions& how) override;
  void Wake(Peer& peer, TimePoint at) override { peers_.Wake(peer, at); }
  [[nodiscard]] std::optional<TimePoint> IdleSince(const Association& association) const override {
    return user_.IdleSince(association);
  }
  void PublishKnownHosts() override;

  // It was not up or not verified in time, or Fail was called.
  void OnDeadline(Association& association);
  // Reports to its users that it is ending.
  void Detach(Association& association, const std::string& reason, bool was_up, Duration at_least);

  SharedState& shared_;
  AssociationUser& user_;
  PeerRegistry peers_;
  AssociationRegistry associations_;
  Verifier verifier_;
};

}  // namespace funnel::sctpd
