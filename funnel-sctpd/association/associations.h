// What channels and associations need from each other: interfaces, so that neither side includes
// the other's table, and a test can stand in for either.
#pragma once

#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/ids.h"

namespace funnel::sctpd {

class Association;

// What the users of associations need.
class Associations {
 public:
  virtual ~Associations() = default;
  // nullptr: it is not up.
  [[nodiscard]] virtual Association* FindUp(const std::string& peer) = 0;
  // An edge waits for that peer (on-demand), or no longer waits.
  virtual void AddWant(const std::string& peer) = 0;
  virtual void RemoveWant(const std::string& peer) = 0;
  // Sends a frame that is never lost and keeps its order; too many of them end the association.
  virtual void SendControl(Association& association, StreamId stream, Bytes frame) = 0;
};

// A user of verified associations.
class AssociationUser {
 public:
  virtual ~AssociationUser() = default;
  virtual void OnAssociationUp(Association& association) = 0;
  // It is gone, with everything sent on it that was not acknowledged.
  virtual void OnAssociationDown(Association& association, const std::string& reason) = 0;
  // A message of a verified association, on any stream but 0.
  virtual void OnFrame(Association& association, StreamId stream, MutableByteView frame) = 0;
  virtual void OnWritable(Association& association) = 0;
  // Since when nobody has used it; nullopt: it carries something that would end with it, or that is
  // being opened.
  [[nodiscard]] virtual std::optional<TimePoint> IdleSince(
      const Association& association) const = 0;
};

}  // namespace funnel::sctpd
