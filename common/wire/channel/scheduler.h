// Which session of one channel sends next. Owned by the channel. The place of a session in line
// depends on what it has waiting, on its credit, and on what fits a frame.
//
// A round serves every session that has less than a packet waiting, then one bulk session: so a
// bulk session never delays the others by more than one frame, nor they it.
#pragma once

#include <cstddef>

#include "common/wire/channel/credit_ledger.h"
#include "common/wire/channel/frame_sealer.h"
#include "common/wire/session/session.h"

namespace funnel::wire {

class Scheduler {
 public:
  // Both outlive it.
  Scheduler(const CreditLedger& ledger, const FrameSealer& sealer)
      : ledger_(ledger), sealer_(sealer) {}

  // Puts SESSION where it belongs by what it has waiting; keeps its place if it is there already.
  void Update(Session& session);
  void Remove(Session& session);

  [[nodiscard]] bool HasAny() const { return !small_.empty() || !bulk_.empty(); }
  // What the next frame should carry; begins a round if the last one is over.
  [[nodiscard]] Session::Turn Next();
  // A new round begins with the small ones.
  void BeginRound() { small_left_ = small_.size(); }
  // The round ends early: what counts as small has changed with the epoch.
  void BreakRound() { small_left_ = 0; }

  // The next small session of this round, its place checked again; nullptr: all were served.
  [[nodiscard]] Session* NextSmall();
  // It was served, and has gone to where Update() put it.
  void SmallServed() {
    if (small_left_ > 0) --small_left_;
  }
  // It was served and has more: its turn comes again in the next round.
  void SmallYields(Session& session);
  // Needs Next() to be kBulk. Its place is checked again; nullptr: it has nothing for
  // a bulk frame any more.
  [[nodiscard]] Session* NextBulk();

  // How many bytes SESSION's next message would carry if only its own credit counted.
  [[nodiscard]] std::size_t Pending(const Session& session) const;
  // The least part of PENDING that is worth a frame: a message goes whole, a stream in pieces.
  [[nodiscard]] static std::size_t LeastOf(const Session& session, std::size_t pending);

 private:
  [[nodiscard]] SessionList* ListOf(Session::Turn turn);
  [[nodiscard]] Session::Turn TurnFor(const Session& session) const;

  const CreditLedger& ledger_;
  const FrameSealer& sealer_;
  SessionList small_, bulk_;
  std::size_t small_left_ = 0;  // of small_, still to serve before the next bulk frame
};

}  // namespace funnel::wire
