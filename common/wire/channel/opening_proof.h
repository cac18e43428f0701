// Whether the far end knows a session that it has never answered in: a PING goes in one reliable
// frame with the session's OPEN_SESSION, so its PONG shows that both have come. Only one is under
// way; a PONG may be lost, so it is asked again after a while. Owned by the send buffer.
#pragma once

#include <optional>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/wire/channel/keepalive.h"

namespace funnel::wire {

class OpeningProof {
 public:
  [[nodiscard]] bool IsUnderWay(TimePoint now) const { return asked_ && now < asked_->again; }
  // The PING to send with SESSION's OPEN_SESSION. None is under way.
  [[nodiscard]] PingRecord Ask(SessionId session, TimePoint now);
  // The session that RECORD proves; nullopt: it answers something else.
  [[nodiscard]] std::optional<SessionId> OnPong(const PongRecord& record);

 private:
  struct Asked {
    SessionId session;
    TimePoint again;
  };
  std::optional<Asked> asked_;
};

}  // namespace funnel::wire
