// Reports what became of a session at its backend, or of a check: to the pool, and to log and
// counters if the backend went down or came up by it.
#pragma once

#include <string>

#include "common/metrics/counters.h"
#include "common/service/backend/backend_pool.h"

namespace funnel::service {

// Made for one call.
struct BackendReports {
  BackendPool& pool;
  const config::ServiceConfig& service;
  metrics::CounterFile& counters;
  metrics::Counter down;       // a gauge: how many backends are down
  metrics::Counter went_down;  // how often one went down

  void OnWorked(const BackendPool::Use& use, TimePoint now);
  void OnFailed(const BackendPool::Use& use, const std::string& why, TimePoint now);
  void OnChecked(BackendId backend, const Result<>& result, TimePoint now);
  // After BackendPool::Configure().
  void OnConfigured();

 private:
  void Report(BackendPool::Change change, const std::string& backend, const std::string& why);
};

}  // namespace funnel::service
