// What a live channel is: determined when its first context came, and unchanged until it ends.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/wire/frame/feature_set.h"
#include "common/wire/frame/suite.h"
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
  std::string why_not_better;  // why the suite is not the best of this end; empty: it is
  bool unproven = false;       // only CONFIRM will show who chose the suite
  std::uint64_t serial = 0;    // never used again in this process
  TimePoint since{};

  [[nodiscard]] bool is_suite_1() const {
    return suite == static_cast<std::uint16_t>(wire::Suite::kRfc4121);
  }
};

}  // namespace funnel::service
