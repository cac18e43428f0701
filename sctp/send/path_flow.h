// What the sending half knows about one path: its round trip, its losses, and how fast it may be
// used. A path that is not in use keeps this until it is used again.
#pragma once

#include <memory>

#include "sctp/congestion/congestion.h"
#include "sctp/congestion/pacer.h"
#include "sctp/loss/rack.h"
#include "sctp/loss/retransmission_timer.h"
#include "sctp/loss/undo.h"

namespace sctp {

struct PathFlow {
  // Counts what was sent on this path.
  struct Counters {
    std::uint64_t retransmitted_chunks = 0, lost_chunks = 0;
    std::uint64_t spurious = 0;  // declared lost, but had arrived
  };
  struct Settings {
    // Longer than the peer's own delay of SACKs.
    Duration peer_ack_delay = std::chrono::milliseconds(25);
    RoundTrip::Settings round_trip;
    CongestionLaw congestion = CongestionLaw::kModel;
  };
  PathFlow(const Settings& settings, std::size_t packet_bytes)
      : round_trip(settings.round_trip),
        timer(settings.peer_ack_delay),
        congestion(MakeCongestion(settings.congestion, packet_bytes)) {}

  RoundTrip round_trip;
  Rack rack;
  RetransmissionTimer timer;
  Undo undo;
  DeliveryRate rate;
  std::unique_ptr<Congestion> congestion;
  Pacer pacer;
  Counters counters;
};

}  // namespace sctp
