// UserlandCore and time: peers that have gone silent, and what load changes.
#include "funnel-sctpd/engine/userland_core.h"

namespace funnel::sctp {

// Settings::rto_min is for a few requests at a time, which nothing but the timer can tell to be
// lost. With much under way the acknowledgements of later packets tell (fast retransmit), it takes
// a round trip, and round trips grow as queues fill: a timer as short as that would fire first, and
// have everything sent again.
void UserlandCore::AdjustToLoad(Association& association) {
  constexpr std::size_t kMuchBytes = 64u << 10;
  bool relaxed = association.rto_min > settings_.rto_min;
  std::chrono::milliseconds rto_min = settings_.rto_min;
  association.guarded = std::chrono::milliseconds::zero();
  if (endpoint_->QueuedBytes(association.stack) > (relaxed ? kMuchBytes / 2 : kMuchBytes)) {
    auto status = endpoint_->Status(association.stack);
    std::chrono::milliseconds round_trip = status ? status->path.srtt : rto_min;
    // Two round trips: one for a loss to be mended, one more for the mending packet being lost.
    rto_min = std::max(association.rto_min, settings_.rto_min + 2 * round_trip);
    association.guarded = round_trip * 3 / 4;  // it may just have become shorter
  }
  if (rto_min == association.rto_min) return;
  association.rto_min = rto_min;
  endpoint_->SetMinimumRto(association.stack, rto_min, settings_);
}

void UserlandCore::CheckTime(TimePoint now) {
  // After a pause of the process itself (a stopped virtual machine) the peers' packets have yet to
  // be read.
  TimePoint earliest{};
  if (now - ticked_ > settings_.dead_peer_timeout / 4)
    earliest = now - settings_.dead_peer_timeout / 2;
  for (AssociationId id : associations_.Ids()) {
    Association& association = *associations_.Find(id);
    association.heard = std::max(association.heard, earliest);
    if (association.state == Association::State::kConnecting) continue;
    // What the stack gave up before it was sent never shows up as sent.
    if (association.unsent_bytes() > 0 && endpoint_->QueuedBytes(association.stack) == 0)
      association.first_sent_bytes = association.given_bytes;
    AdjustToLoad(association);
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
