// What a service's keys make of one of its channels.
#pragma once

#include <cstdint>

#include "common/base/clock.h"
#include "common/config/service_config.h"
#include "common/service/channel/channel_identity.h"
#include "common/wire/channel/channel.h"

namespace funnel::service {

// BUDGET: the largest frame in one packet; 0: not known. The two times are SharedState's.
[[nodiscard]] wire::ChannelSettings SettingsOf(const config::ServiceConfig& service,
                                               Duration rekey_retry, Duration confirm_timeout,
                                               const ChannelIdentity& identity,
                                               std::uint32_t budget);

}  // namespace funnel::service
