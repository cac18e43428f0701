// What the parts of the AssociationTable (peer.h, verifier.h) ask it for.
#pragma once

#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "funnel-sctpd/route/candidate.h"

namespace funnel::sctpd {

class Association;
class Peer;

struct Ending {
  Duration at_least{};    // the shortest time before the next try
  bool in_order = false;  // what was sent is still delivered
};

class AssociationHost {
 public:
  virtual ~AssociationHost() = default;

  // nullptr: it has gone.
  [[nodiscard]] virtual Association* Find(AssociationId id) = 0;
  // Begins an association with PEER. BESIDE: it shall replace the one in use.
  [[nodiscard]] virtual Result<AssociationId> Connect(Peer& peer, const Candidate& candidate,
                                                      bool beside) = 0;
  // Ends it from our side; everything but the engine's own record of it is gone on return. Its peer
  // is told (Peer::OnEnded).
  virtual void End(Association& association, const std::string& reason, const Ending& how) = 0;
  void End(Association& association, const std::string& reason) { End(association, reason, {}); }

  // PEER is considered again by then.
  virtual void Wake(Peer& peer, TimePoint at) = 0;
  // As AssociationUser's.
  [[nodiscard]] virtual std::optional<TimePoint> IdleSince(
      const Association& association) const = 0;
  // The hosts of a peer have changed.
  virtual void PublishKnownHosts() = 0;
};

}  // namespace funnel::sctpd
