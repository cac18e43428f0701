// What sessions need of their channel: the sending calls of wire::Channel, and nothing of how it
// comes up. Tests put two sides directly against each other.
#pragma once

#include <optional>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/wire/channel.h"

namespace funnel::tcpd {

class ChannelPort {
 public:
  virtual ~ChannelPort() = default;
  [[nodiscard]] virtual std::optional<SessionId> OpenSession(const wire::SessionInfo& info) = 0;
  [[nodiscard]] virtual std::size_t Writable(SessionId session) const = 0;
  // BYTES are at most Writable(session): all are taken.
  [[nodiscard]] virtual std::size_t SendBytes(SessionId session, ByteView bytes) = 0;
  virtual void SendFin(SessionId session) = 0;
  virtual void ResetSession(SessionId session, wire::EndCode code) = 0;
  virtual void Resume(SessionId session) = 0;
};

}  // namespace funnel::tcpd
