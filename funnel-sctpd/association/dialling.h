// Gets from a peer's names to an association that is being verified, while none serves the peer:
// looks up the names, tries the candidates, and waits after a round in vain. Dialer decides what is
// due when; this does it, and knows why the peer is not up. Part of Peer.
#pragma once

#include <string>
#include <vector>

#include "funnel-sctpd/association/begun_associations.h"
#include "funnel-sctpd/association/dialer.h"
#include "funnel-sctpd/association/peer_context.h"

namespace funnel::sctpd {

class Dialling {
 public:
  // PEER is the name, for log lines.
  Dialling(const PeerContext& context, BegunAssociations& begun, const std::string& peer);

  // The peer is wanted and not up: continues if something is due.
  void Consider();
  // Nobody wants the peer: begins nothing more.
  void OnUnwanted();
  // Begins nothing more, even if something is in progress.
  void Stop(const std::string& reason) { dialer_.Unwant(reason); }
  // The peer's names lead to FOUND, or to nothing, and ERROR says why.
  void OnResolved(const std::vector<ResolvedAddress>& found, const std::string& error);

  // ASSOCIATION, which this object began, is up.
  void OnUp(Association& association);
  // ASSOCIATION, which failback began, becomes the one that is being verified here.
  void Adopt(Association& association);
  // ASSOCIATION serves the peer, whoever began it.
  void OnServed(const Association& association);
  // CANDIDATE is the one that worked last.
  void SetGood(const Candidate& candidate) { dialer_.SetGood(candidate); }
  // The association that served the peer has fallen silent on CANDIDATE.
  void OnDead(const Candidate& candidate) { dialer_.OnDead(candidate); }

  // ASSOCIATION has ended. True: it was the one that was being verified.
  bool OnEnded(const Association& association);
  // An attempt has failed for REASON. False: ASSOCIATION is none of them.
  bool OnAttemptFailed(const Association& association, const std::string& reason);
  // ASSOCIATION, which served the peer (WAS_UP) or was being verified, is lost: waits, at least as
  // long as AT_LEAST says.
  void OnLost(const Association& association, const std::string& reason, bool was_up,
              Duration at_least);

  [[nodiscard]] const Dialer& dialer() const { return dialer_; }
  // The association that is being verified.
  [[nodiscard]] Association* verifying() const { return verifying_; }
  // Why the peer is not up; empty: it is, or has never been.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] bool IsConsistent() const;

 private:
  // Begins a new round: looks up the names.
  void Begin();
  // Whether the address that worked last may be tried without an answer.
  [[nodiscard]] bool MayFallBack() const;
  // Tries that address: the name's server may be reached through this very peer, or be down with
  // it.
  void FallBack(const std::string& why);
  // Continues the round's attempts.
  void Advance();

  PeerContext context_;
  BegunAssociations& begun_;
  Dialer dialer_;
  Association* verifying_ = nullptr;
  std::string reason_;
  // When the address that worked last is tried without an answer; max: the answer is awaited.
  TimePoint resolve_patience_ = TimePoint::max();
  bool fell_back_ = false;  // it was tried so, in the previous round
};

}  // namespace funnel::sctpd
