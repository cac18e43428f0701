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

}  // namespace

void WriteBackends(JsonWriter& out, const BackendPool& pool, TimePoint now) {
  out.Open('[');
  pool.Visit(now, [&](const BackendPool::View& view) {
    out.Open('{').Field("address", view.line.endpoint.text());
    out.Field("weight", view.line.weight).Field("backup", view.line.backup);
    out.Field("state", WordFor(view.state));
    out.Field(
        "since_ms",
        view.since == TimePoint{}
            ? std::optional<std::int64_t>()
            : std::chrono::duration_cast<std::chrono::milliseconds>(now - view.since).count());
    out.Field("sessions", view.sessions).Field("sessions_total", view.sessions_total);
    out.Field("failures_total", view.failures_total).TextOrNull("error", view.error);
    out.Close('}');
  });
  out.Close(']');
}

}  // namespace funnel::service
