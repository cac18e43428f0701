// Who is at the far end of an association: what comes on stream 0 goes to authd, what authd says
// goes out there, and its verdict decides whether the association serves a peer or ends. Owned by
// the AssociationTable.
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
  // All of PARTS outlive it; its Admission outlives the associations.
  explicit Verifier(const Parts& parts);

  // Takes over the limits of shared.config.
  void Configure();
  // What PeerRegistry::Hosts() yields has changed.
  void OnKnownHosts(const std::vector<sctp::TransportAddress>& hosts);

  // ASSOCIATION came in: it is let in, and verified, or ends.
  void LetIn(Association& association, const sctp::UpInfo& info);
  // ASSOCIATION is ours and up.
  void Begin(Association& association, const sctp::UpInfo& info);
  void OnTimeout(Association& association);
  // An association may have left kVerifying.
  void UpdateGauge();
  // A message of stream 0.
  void OnFrame(Association& association, ByteView frame);

  // As PeerListener.
  void OnAuthdUp();
  void OnVerified(const ipc::PeerVerified& verdict);
  void OnVerifyFailed(const ipc::PeerFailed& verdict);
  void OnPeerFrame(const ipc::PeerFrame& message);

 private:
  // The verdict has so long from now on.
  void Await(Association& association, const sctp::UpInfo& info);
  // Counts FRAME against its association's share. False: it is too much.
  [[nodiscard]] bool MayPass(Association& association, ByteView frame);
  // The peer that VERDICT names, if it may be at ASSOCIATION's far end.
  [[nodiscard]] Result<Peer*> CheckVerdict(const Association& association,
                                           const ipc::PeerVerified& verdict) const;
  // ASSOCIATION serves PEER from here on.
  void BringUp(Association& association, Peer& peer, const ipc::PeerVerified& verdict);
  // FRAME goes to authd.
  void PassOn(const Association& association, Bytes frame);

  Parts parts_;
  Admission admission_;
};

}  // namespace funnel::sctpd
