// What the parts of the AssociationTable (peer.h, verifier.h) need from it.
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

  // Begins an association with PEER at CANDIDATE.
  [[nodiscard]] virtual Result<Association*> Connect(Peer& peer, const Candidate& candidate,
                                                     Association::Purpose purpose) = 0;
  // Ends it from our side; on return only the engine still has a record of it. Its peer gets
  // Peer::OnEnded.
  virtual void End(Association& association, const std::string& reason, const EndOptions& how) = 0;
  void End(Association& association, const std::string& reason) { End(association, reason, {}); }

  // PEER is considered again at AT, or earlier.
  virtual void Wake(Peer& peer, TimePoint at) = 0;
  // As that of AssociationUser.
  [[nodiscard]] virtual std::optional<TimePoint> IdleSince(
      const Association& association) const = 0;
  // The hosts of a peer have changed.
  virtual void PublishKnownHosts() = 0;
};

}  // namespace funnel::sctpd
