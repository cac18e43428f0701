// Moves a peer from the association that serves it to a better path: to direct SCTP instead of UDP,
// or to the preferred target instead of the spare one. Part of Peer, which calls it.
//
// If the engine can move the association by itself (Engine::OfferPaths), no idle moment is needed.
// Any other path needs a new association in parallel with the one in use, whose channels are opened
// again. It is begun only while nobody would notice, and is given up if somebody sends after all.
// The association that it replaces ends in order, so that what was sent on it still arrives.
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
  // When the next try is due, if nobody would notice; nullopt: it is not in kWaiting.
  [[nodiscard]] std::optional<TimePoint> due() const { return due_; }
  // The attempts in progress; empty except in kConnecting.
  [[nodiscard]] const Attempts& attempts() const { return attempts_; }

  // There is something new to compare: plans the next try, or finds that nothing is better.
  void Plan();
  // Nothing is better, or there is no association to compare with.
  void Off(std::string_view reason);
  // Continues if something is due. The peer is up.
  void Consider();
  // In kResolving: the names have been looked up. FOUND: they lead somewhere.
  void OnResolved(bool found);
  // ASSOCIATION, one of attempts(), is up, and will be verified.
  void OnUp(const Association& association);
  // An association that is not up any more, or never was, is lost, and no other has replaced it.
  void OnLost(Association& association, const std::string& reason);

  // Whether nobody would notice if the association that serves the peer, if any, ended.
  [[nodiscard]] bool MayTakeOver() const;
  // FRESH is verified: it replaces the association that serves the peer. False: that one is in use
  // by now, and FRESH has ended.
  [[nodiscard]] bool TakeOver(Association& fresh);
  // The association in use has ended by itself. If one that may replace it is being verified, that
  // is its successor: usually the peer had the verdict before us, and has ended the old one because
  // of it. nullptr: there is none.
  [[nodiscard]] Association* PromoteSuccessor();
  // Lets the engine move ASSOCIATION, which we began and which is up, by itself where it can.
  void OfferPaths(Association& association) const;

  [[nodiscard]] bool IsConsistent() const;

 private:
  void SetState(State state, std::string_view reason);
  // Candidates that are better than the path in use, and to which the engine cannot move by itself.
  [[nodiscard]] std::vector<Candidate> BetterCandidates(bool direct_now) const;
  // All candidates of the peer's names. DIRECT_NOW: with carrier = auto also direct SCTP.
  [[nodiscard]] std::vector<Candidate> Candidates(bool direct_now) const;
  // Updates the rank of the path in use: the records may have changed, or no longer name it.
  void RankUsedAgain() const;
  // Begins those of attempts() that are due.
  void Advance();

  PeerContext context_;
  BegunAssociations& begun_;
  State state_ = State::kOff;
  std::optional<TimePoint> due_;  // in kWaiting
  Attempts attempts_;
};

}  // namespace funnel::sctpd
