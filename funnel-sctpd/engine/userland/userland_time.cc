// UserlandCore and time: peers that have gone silent, and what load changes.
#include "funnel-sctpd/engine/userland/userland_core.h"

namespace funnel::sctp {
namespace {

// A path that has failed is left long before; if all have, they must not be filled with copies.
constexpr std::chrono::seconds kShortTimeouts{2};

}  // namespace

// Settings::rto_min is for a few requests at a time, which nothing but the timer can tell to be
// lost. With much under way the acknowledgements of later packets tell (fast retransmit), it takes
// a round trip, and round trips grow as queues fill: a timer as short as that would fire first, and
// have everything sent again.
void UserlandCore::AdjustToLoad(Association& association, std::size_t queued_bytes, TimePoint now) {
  constexpr std::size_t kMuchBytes = 64u << 10;
  bool relaxed = association.rto_min > settings_.rto_min;
  std::chrono::milliseconds rto_min = settings_.rto_min, rto_max = settings_.rto_max;
  association.guarded = std::chrono::milliseconds::zero();
  if (queued_bytes > (relaxed ? kMuchBytes / 2 : kMuchBytes)) {
    auto status = endpoint_->Status(association.stack);
    std::chrono::milliseconds round_trip = status ? status->path.srtt : rto_min;
    // Two round trips: one for a loss to be mended, one more for the mending packet being lost.
    rto_min = std::max(association.rto_min, settings_.rto_min + 2 * round_trip);
    association.guarded = round_trip * 3 / 4;  // it may just have become shorter
  }
  // Before the path is left: what was sent on it then goes out again soon after, not when a timer
  // that was doubled twice or thrice comes round.
  Duration stalled = association.paths.Stalled(now);
  if (association.paths.several() && stalled >= settings_.path_failover / 2 &&
      stalled < kShortTimeouts)
    rto_max = std::min(rto_max, rto_min * 3 / 2);
  if (rto_min == association.rto_min && rto_max == association.rto_max) return;
  association.rto_min = rto_min;
  association.rto_max = rto_max;
  endpoint_->SetRtoBounds(association.stack, rto_min, rto_max, settings_.rto_initial);
}

void UserlandCore::CheckTime(TimePoint now) {
  // After a pause of the process itself (a stopped virtual machine) the peers' packets have yet to
  // be read.
  TimePoint earliest{};
  if (now - ticked_ > settings_.dead_peer_timeout / 4)
    earliest = now - settings_.dead_peer_timeout / 2;
  for (AssociationId id : associations_.Ids()) {
    ++counters_.association_visits;
    Association& association = *associations_.Find(id);
    association.heard = std::max(association.heard, earliest);
    if (association.state == Association::State::kConnecting) continue;
    // What the stack gave up before it was sent never shows up as sent.
    std::size_t queued = endpoint_->QueuedBytes(association.stack);
    if (association.unsent_bytes() > 0 && queued == 0)
      association.first_sent_bytes = association.given_bytes;
    CheckPaths(association, queued, now);
    AdjustToLoad(association, queued, now);
    if (association.shutdown_owed)
      association.shutdown_owed = !endpoint_->Shutdown(association.stack);
    if (now - association.heard > settings_.dead_peer_timeout) {
      ++counters_.dead_peers;
      auto silence = std::chrono::duration_cast<std::chrono::milliseconds>(now - association.heard);
      End(association, DownReason::kDeadPeer,
          "nothing heard for " + std::to_string(silence.count()) + " ms");
    } else if (association.state == Association::State::kEnding && now > association.deadline) {
      End(association, DownReason::kDeadPeer, "the shutdown did not come to its end");
    }
  }
}

}  // namespace funnel::sctp
