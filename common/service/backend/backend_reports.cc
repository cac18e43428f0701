#include "common/service/backend/backend_reports.h"

#include "common/base/log.h"

namespace funnel::service {

void BackendReports::OnConfigured() { down = pool.down_count(); }

void BackendReports::OnWorked(const BackendPool::Use& use, TimePoint now) {
  if (pool.OnWorked(use, now) == BackendPool::Change::kNone) return;
  OnConfigured();
  const std::string backend = use.endpoint().text();
  Log(LogLevel::kNotice, "backend-up", backend + " works again",
      {{"SERVICE", service.name.text()}, {"BACKEND", backend}});
}

void BackendReports::OnFailed(const BackendPool::Use& use, const std::string& why, TimePoint now) {
  if (pool.OnFailed(use, why, now) == BackendPool::Change::kNone) return;
  OnConfigured();
  went_down += 1;
  const std::string backend = use.endpoint().text();
  Log(LogLevel::kWarning, "backend-down", backend + " is down: " + why,
      {{"SERVICE", service.name.text()}, {"BACKEND", backend}, {"REASON", why}});
}

}  // namespace funnel::service
