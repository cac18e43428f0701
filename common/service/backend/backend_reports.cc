#include "common/service/backend/backend_reports.h"

#include "common/base/log.h"
#include "common/service/counters.h"

namespace funnel::service {

void BackendReports::OnConfigured() { down = pool.down_count(); }

void BackendReports::Report(BackendPool::Change change, const std::string& backend,
                            const std::string& why) {
  switch (change) {
    case BackendPool::Change::kNone:
      return;
    case BackendPool::Change::kCameUp:
      Log(LogLevel::kNotice, "backend-up", backend + " works again",
          {{"SERVICE", service.name.text()}, {"BACKEND", backend}});
      break;
    case BackendPool::Change::kWentDown:
      went_down += 1;
      Log(LogLevel::kWarning, "backend-down", backend + " is down: " + why,
          {{"SERVICE", service.name.text()}, {"BACKEND", backend}, {"REASON", why}});
      break;
  }
  OnConfigured();
}

void BackendReports::OnWorked(const BackendPool::Use& use, TimePoint now) {
  const BackendPool::Change change = pool.OnWorked(use, now);
  if (change != BackendPool::Change::kNone) Report(change, use.endpoint().text(), "");
}

void BackendReports::OnFailed(const BackendPool::Use& use, const std::string& why, TimePoint now) {
  Report(pool.OnFailed(use, why, now), use.endpoint().text(), why);
}

void BackendReports::OnChecked(BackendId backend, const Result<>& result, TimePoint now) {
  counters[kBackendChecks] += 1;
  if (!result) counters[kBackendChecksFailed] += 1;
  const BackendPool::Change change = pool.OnChecked(backend, result, now);
  if (change == BackendPool::Change::kNone) return;
  pool.Visit(now, [&](const BackendPool::View& view) {
    if (view.id == backend) Report(change, view.line.endpoint.text(), std::string(view.error));
  });
}

}  // namespace funnel::service
