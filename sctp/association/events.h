// What an association reports to its owner (association.h says when).
#pragma once

#include <string_view>

#include "sctp/association/settings.h"

namespace sctp {

class AssociationEvents {
 public:
  virtual ~AssociationEvents() = default;
  virtual void OnUp() = 0;
  // The last call. TEXT may come from the peer: decide nothing by it, and escape it.
  virtual void OnDown(DownReason reason, std::string_view text) = 0;
  virtual void OnMessage(StreamId stream, std::uint32_t protocol, MutableByteView message) = 0;
  // Send may succeed again after kFull.
  virtual void OnWritable() = 0;
  // Packets go to ADDRESS from now on. FAILED: because the former path fell silent.
  virtual void OnMoved(const Address& address, bool failed) = 0;
  // The largest packet towards ADDRESS; may be called at any time.
  [[nodiscard]] virtual std::size_t PacketBytes(const Address& address) const = 0;
};

}  // namespace sctp
