// Finds out who is at the far end of an association: passes what comes on stream 0 to authd, sends
// what authd answers, and by authd's verdict lets the association serve a peer, or ends it. Owned
// by the AssociationTable.
//
//   Begin --> (frames of the two authds) --> OnVerified: the peer takes it, or has a better one
//         '-> OnTimeout, too many frames '-> OnVerifyFailed: it ends
#pragma once

#include "common/ipc/authd_messages.h"
#include "funnel-sctpd/association/admission.h"
#include "funnel-sctpd/association/association_host.h"
#include "funnel-sctpd/association/association_registry.h"
#include "funnel-sctpd/association/associations.h"
#include "funnel-sctpd/association/peer_registry.h"

namespace funnel::sctpd {

class Verifier {
 public:
  struct Parts {
    SharedState& shared;
    AssociationHost& host;
    Associations& sender;
    AssociationUser& user;
    AssociationRegistry& associations;
    PeerRegistry& peers;
  };
  // All of PARTS outlive it; the Admission in it outlives the associations.
  explicit Verifier(const Parts& parts);

  // Adopts the limits of shared.config.
  void Configure();
  // What PeerRegistry::Hosts() returns has changed.
  void OnKnownHosts(const std::vector<sctp::TransportAddress>& hosts);

  // The other end began ASSOCIATION: lets it in and verifies it, or ends it.
  void LetIn(Association& association, const sctp::UpInfo& info);
  // ASSOCIATION, which we began, is up: verifies it.
  void Begin(Association& association, const sctp::UpInfo& info);
  void OnTimeout(Association& association);
  // Call it when an association may have left kVerifying.
  void UpdateGauge();
  // A message of stream 0.
  void OnFrame(Association& association, ByteView frame);

  // As those of PeerListener.
  void OnAuthdUp();
  void OnVerified(const ipc::PeerVerified& verdict);
  void OnVerifyFailed(const ipc::PeerFailed& verdict);
  void OnPeerFrame(const ipc::PeerFrame& message);

 private:
  // The verdict must come within so long from now.
  void Await(Association& association, const sctp::UpInfo& info);
  // Counts FRAME against its association's share. False: it is too much.
  [[nodiscard]] bool MayPass(Association& association, ByteView frame);
  // The peer that VERDICT names, if it can be at ASSOCIATION's far end.
  [[nodiscard]] Result<Peer*> CheckVerdict(const Association& association,
                                           const ipc::PeerVerified& verdict) const;
  // Makes ASSOCIATION serve PEER.
  void BringUp(Association& association, Peer& peer, const ipc::PeerVerified& verdict);
  // Passes FRAME to authd.
  void PassOn(const Association& association, Bytes frame);

  Parts parts_;
  Admission admission_;
};

}  // namespace funnel::sctpd
