// What the parts of one channel have in common: what the channel is, the time of the call that is
// under way, its counters, and the control records that wait to be sent. Plain data, owned by the
// channel, outlives its parts. A decision of one part does not belong here.
#pragma once

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/wire/channel/observer.h"
#include "common/wire/channel/settings.h"
#include "common/wire/channel/tracer.h"
#include "common/wire/frame/record_queue.h"
#include "common/wire/frame/types.h"

namespace funnel::wire {

struct ChannelContext {
  const Role role;
  const ChannelId id;
  const ChannelSettings settings;
  ChannelObserver& observer;

  // As the owner gave it with its last call that brings time.
  TimePoint now;
  BootTime boot_now;

  ChannelStats stats;
  RecordQueue control;
  FrameTracer* tracer = nullptr;  // sees each sealed frame
};

}  // namespace funnel::wire
