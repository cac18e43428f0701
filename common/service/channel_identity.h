// What a live channel is: agreed on when its first context came, and the same until it ends.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/wire/frame/feature_set.h"
#include "common/wire/frame/types.h"

namespace funnel::service {

struct ChannelIdentity {
  wire::Role role = wire::Role::kInitiator;
  ChannelId id;
  std::string peer;  // the next hop's configured name
  std::string local_principal;
  std::string remote_principal;
  wire::Features features;     // what both ends can do
  std::uint16_t suite = 0;     // of all its frames
  std::string why_not_better;  // of the suite; empty: it is the best that this end has
  bool unproven = false;       // nothing but CONFIRM shows who chose the suite
  std::uint64_t serial = 0;    // never used again in this process
  TimePoint since{};
};

}  // namespace funnel::service
