// Getting from a peer's names to an association that is being verified, while none serves the peer:
// names are looked up, what they lead to is tried, and after a round in vain it waits. What is due
// when is dialer.h's order; this does it, and knows why the peer is not up. Part of Peer.
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

  // The peer is wanted and not up: goes on where its time has come.
  void Consider();
  // Nobody wants it: nothing more is begun.
  void OnUnwanted();
  // Nothing more is begun, whatever is under way.
  void Stop(const std::string& reason) { dialer_.Unwant(reason); }
  // The peer's names lead to FOUND, or to nothing, and ERROR says why.
  void OnResolved(const std::vector<ResolvedAddress>& found, const std::string& error);

  // ASSOCIATION, which this began, is up.
  void OnUp(Association& association);
  // ASSOCIATION, which failback began, is the one that this waits for.
  void Adopt(Association& association);
  // ASSOCIATION serves the peer, whoever began it.
  void OnServed(const Association& association);
  // CANDIDATE is the one that worked last.
  void SetGood(const Candidate& candidate) { dialer_.SetGood(candidate); }
  // What served the peer has fallen silent on CANDIDATE.
  void OnDead(const Candidate& candidate) { dialer_.OnDead(candidate); }

  // ASSOCIATION has ended. True: it is the one that is being verified, and is not any more.
  bool OnEnded(const Association& association);
  // One of those that are tried has failed for REASON. False: it is none of them.
  bool OnAttemptFailed(const Association& association, const std::string& reason);
  // ASSOCIATION, which served the peer (WAS_UP) or was being verified, is lost: it waits, at least
  // as long as AT_LEAST says.
  void OnLost(const Association& association, const std::string& reason, bool was_up,
              Duration at_least);

  [[nodiscard]] const Dialer& dialer() const { return dialer_; }
  // What is being verified.
  [[nodiscard]] Association* verifying() const { return verifying_; }
  // Why the peer is not up; empty: it is, or never was.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] bool IsConsistent() const;

 private:
  // A new round: its names are looked up.
  void Begin();
  // Whether the address that worked last may be tried without an answer.
  [[nodiscard]] bool MayFallBack() const;
  // The name's server may be reached through this very peer, or be away with it.
  void FallBack(const std::string& why);
  // Goes on with the round's attempts.
  void Advance();

  PeerContext context_;
  BegunAssociations& begun_;
  Dialer dialer_;
  Association* verifying_ = nullptr;
  std::string reason_;
  // When the address that worked last is tried without an answer; max: it is waited for.
  TimePoint resolve_patience_ = TimePoint::max();
  bool fell_back_ = false;  // and was, in the round before
};

}  // namespace funnel::sctpd
