// What the parts of the AssociationTable (peer.h, verifier.h) ask it for.
#pragma once

#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "funnel-sctpd/association/association.h"

namespace funnel::sctpd {

class Peer;

struct EndOptions {
  Association::Cause cause = Association::Cause::kLost;
  Duration at_least{};    // the shortest time before the next try
  bool in_order = false;  // what was sent is still delivered
};

class AssociationHost {
 public:
  virtual ~AssociationHost() = default;

  // Begins an association with PEER.
  [[nodiscard]] virtual Result<Association*> Connect(Peer& peer, const Candidate& candidate,
                                                     Association::Purpose purpose) = 0;
  // Ends it from our side; everything but the engine's own record of it is gone on return. Its peer
  // gets Peer::OnEnded.
  virtual void End(Association& association, const std::string& reason, const EndOptions& how) = 0;
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
