// Sessions of one channel in which nothing moves: their reader takes nothing, or what must come
// before their end does not come. Owned by the channel, which resets those that are stuck.
//
// It looks now and then while some may be stuck: so a session is found within an eighth more than
// its time, and never early. A session in which something moves has its stuck_since cleared.
#pragma once

#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "common/wire/channel/settings.h"
#include "common/wire/session/session_table.h"

namespace funnel::wire {

class StuckWatch {
 public:
  // SETTINGS outlive it.
  explicit StuckWatch(const ChannelSettings& settings) : settings_(settings) {}

  // From now on SESSION may be stuck.
  void Watch(const Session& session, TimePoint now) { LookWithin(PatienceWith(session), now); }
  // The same with a patience of the caller's; 0: for ever.
  void LookWithin(Duration patience, TimePoint now);

  // The sessions whose patience is over. None, mostly.
  [[nodiscard]] std::vector<Session*> Check(SessionTable& sessions, TimePoint now);
  [[nodiscard]] std::optional<TimePoint> NextTimer() const { return look_; }

 private:
  // How long a session may go on without anything moving; 0: for ever.
  [[nodiscard]] Duration PatienceWith(const Session& session) const;

  const ChannelSettings& settings_;
  std::optional<TimePoint> look_;
};

}  // namespace funnel::wire
