// What may be received, and kept until it is a whole message, of peers before Trust(). Who is
// expected, because we began or because the owner knows the address (EndpointPolicy::Expects), has
// a budget besides that of the strangers: so they keep nobody out.
//
// Owned by the endpoint.
#pragma once

#include "sctp/endpoint/settings.h"
#include "sctp/receive/receive_budget.h"

namespace sctp {

struct UnverifiedBudgets {
  // COUNTERS outlives it.
  UnverifiedBudgets(const EndpointSettings& settings, EndpointCounters& counters)
      : strangers(settings.unverified_bytes, counters.unverified_refused),
        expected(settings.unverified_bytes, counters.unverified_refused) {}

  ReceiveBudget strangers, expected;
};

}  // namespace sctp
