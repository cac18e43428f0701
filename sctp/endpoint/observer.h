// What an endpoint reports to its owner, and what it asks it (endpoint.h says when).
#pragma once

#include <string_view>

#include "common/base/ids.h"
#include "sctp/association/settings.h"

namespace sctp {

using funnel::AssociationId;

class EndpointObserver {
 public:
  virtual ~EndpointObserver() = default;
  // INCOMING: our Connect did not begin it.
  virtual void OnUp(AssociationId association, const Address& peer, bool incoming) = 0;
  // Called once for each that Connect or OnUp named; nothing about it follows.
  virtual void OnDown(AssociationId association, DownReason reason, std::string_view text) = 0;
  virtual void OnMessage(AssociationId association, StreamId stream, std::uint32_t protocol,
                         MutableByteView message) = 0;
  virtual void OnWritable(AssociationId association) = 0;
  // Packets go to PEER from now on; FAILED: because the former path fell silent.
  virtual void OnMoved(AssociationId /*association*/, const Address& /*peer*/, bool /*failed*/) {}
};

// The owner's decisions about peers. Called from OnPacket and Connect; nothing may be called
// inside.
class EndpointPolicy {
 public:
  virtual ~EndpointPolicy() = default;
  enum class Ask { kInit, kCookieEcho, kOther };
  // Whether a packet of no association may be answered now; or for a COOKIE ECHO with the right
  // MAC, whether it may be believed.
  virtual bool MayAsk(const Address& from, Ask ask, TimePoint now) = 0;
  // Whether there may be one more association with that address.
  virtual bool MayAccept(const Address& from) = 0;
  // Whether an association from there may be one that the owner waits for. What it brings before
  // Trust() does not count among what strangers bring.
  virtual bool Expects(const Address& /*from*/) { return false; }
  // The largest packet towards PEER, at most AssociationSettings::packet_bytes.
  virtual std::size_t PacketBytes(const Address& peer) const = 0;
};

}  // namespace sctp
