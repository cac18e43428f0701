// What `funnelctl backends` gets from an edge.
#pragma once

#include "common/base/json_writer.h"
#include "common/service/backend/backend_pool.h"

namespace funnel::service {

// The value of "backends": a list, in the order of the configuration.
void WriteBackends(JsonWriter& out, const BackendPool& pool, TimePoint now);

}  // namespace funnel::service
