#include "common/service/backend/backends_json.h"

#include <optional>

namespace funnel::service {
namespace {

std::string_view WordFor(BackendPool::State state) {
  switch (state) {
    case BackendPool::State::kUp:
      return "up";
    case BackendPool::State::kDown:
      return "down";
    case BackendPool::State::kReturning:
      return "returning";
  }
  return "";
}

// nullopt where WHEN never was.
std::optional<std::int64_t> AgeMs(TimePoint when, TimePoint now) {
  if (when == TimePoint{}) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - when).count();
}

std::string_view WordFor(std::optional<bool> passed) {
  return !passed ? "" : *passed ? "passed" : "failed";
}

}  // namespace

void WriteBackends(JsonWriter& out, const BackendPool& pool, TimePoint now) {
  out.Open('[');
  pool.Visit(now, [&](const BackendPool::View& view) {
    out.Open('{').Field("address", view.line.endpoint.text());
    out.Field("weight", view.line.weight).Field("backup", view.line.backup);
    out.Field("state", WordFor(view.state));
    out.Field("since_ms", AgeMs(view.since, now));
    out.Field("sessions", view.sessions).Field("sessions_total", view.sessions_total);
    out.Field("failures_total", view.failures_total).TextOrNull("error", view.error);
    out.TextOrNull("check", WordFor(view.checks.passed()));
    out.Field("checked_ms", AgeMs(view.checks.at(), now));
    out.TextOrNull("check_error", view.checks.error());
    out.Field("checks_total", view.checks.total());
    out.Field("checks_failed_total", view.checks.failed_total());
    out.Close('}');
  });
  out.Close(']');
}

}  // namespace funnel::service
