// Getting from the association that serves a peer to a better path: direct SCTP instead of UDP, the
// preferred target instead of the spare one. Part of Peer, which calls it.
//
// What an engine can move by itself (Engine::OfferPaths) needs no idle moment. Everything else is a
// new association in parallel with the one in use, whose channels are opened again. It is begun
// only while nobody would notice, and is given up where somebody sends after all. What it replaces
// ends in order, so that what was sent on it still arrives.
//
//   kOff --Plan--> kWaiting --(due and idle)--> kResolving --OnResolved--> kConnecting --OnUp-->
//   kVerifying
//                     ^---------------------------Plan---------------------------'
//   Off from anywhere
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "funnel-sctpd/association/begun_associations.h"
#include "funnel-sctpd/association/peer_context.h"

namespace funnel::sctpd {

class Failback {
 public:
  enum class State { kOff, kWaiting, kResolving, kConnecting, kVerifying };

  Failback(const PeerContext& context, BegunAssociations& begun)
      : context_(context), begun_(begun) {}

  [[nodiscard]] State state() const { return state_; }
  // When the next try is due, if nobody would notice; nullopt unless kWaiting.
  [[nodiscard]] std::optional<TimePoint> due() const { return due_; }
  // What is being tried; empty except in kConnecting.
  [[nodiscard]] const Attempts& attempts() const { return attempts_; }

  // There is something new to compare: the next try is planned, or there is nothing better.
  void Plan();
  // There is nothing better, or no association that it could be better than.
  void Off(std::string_view reason);
  // Goes on where its time has come. The peer is up.
  void Consider();
  // In kResolving: its names have been looked up. FOUND: they led somewhere.
  void OnResolved(bool found);
  // ASSOCIATION, one of attempts(), is up, and will be verified.
  void OnUp(const Association& association);
  // One that is not up any more, or never was, is lost; no other took its place.
  void OnLost(Association& association, const std::string& reason);

  // Whether nobody would notice that what serves the peer, if anything, ends.
  [[nodiscard]] bool MayTakeOver() const;
  // FRESH is verified: it replaces what serves the peer. False: that is in use by now, and FRESH
  // has ended.
  [[nodiscard]] bool TakeOver(Association& fresh);
  // The association in use has ended by itself. Where one that is to replace it is being verified,
  // that is its successor: as a rule the peer had the verdict before us, and has ended the old one
  // for it. nullptr: there is none.
  [[nodiscard]] Association* PromoteSuccessor();
  // Has the engine move ASSOCIATION, which is ours and up, by itself where it can.
  void OfferPaths(Association& association) const;

  [[nodiscard]] bool IsConsistent() const;

 private:
  void SetState(State state, std::string_view reason);
  // Those that are better than what is in use, and that the engine does not move to by itself.
  [[nodiscard]] std::vector<Candidate> BetterCandidates(bool direct_now) const;
  // All that the peer's names led to. DIRECT_NOW: with carrier = auto also direct SCTP.
  [[nodiscard]] std::vector<Candidate> Candidates(bool direct_now) const;
  // The records may have changed, or no longer name what is in use.
  void RankUsedAgain() const;
  // Begins what is due of attempts().
  void Advance();

  PeerContext context_;
  BegunAssociations& begun_;
  State state_ = State::kOff;
  std::optional<TimePoint> due_;  // in kWaiting
  Attempts attempts_;
};

}  // namespace funnel::sctpd
