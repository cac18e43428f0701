#include "funnel-tcpd/serving_report.h"

#include <string>
#include <utility>

#include "common/base/log.h"

namespace funnel::tcpd {

using wire::Serving;

Serving ServingReport::Decide(bool all_down) const {
  if (shared_.draining) return Serving::kDrained;
  if (!all_down) return Serving::kYes;
  return shared_.service.on_backend_down == config::OnBackendDown::kRefuse
             ? Serving::kNoBackend
             : Serving::kWaitsForBackend;
}

bool ServingReport::Update() {
  const bool all_down = shared_.backends.AllFailChecks();
  if (std::exchange(all_down_, all_down) != all_down) {
    shared_.Counter(kBackendsAllDown) = all_down ? 1 : 0;
    const bool refuses = shared_.service.on_backend_down == config::OnBackendDown::kRefuse;
    const std::string& service = shared_.service.name.text();
    if (all_down) {
      Log(LogLevel::kWarning, "backends-all-down",
          std::string("all backends fail their checks: new connections ")
              .append(refuses ? "are refused" : "wait"),
          {{"SERVICE", service}});
    } else {
      Log(LogLevel::kNotice, "backends-serve", "not all backends fail their checks any more",
          {{"SERVICE", service}});
    }
  }
  const Serving now = Decide(all_down);
  return std::exchange(state_, now) != now;
}

std::string_view ServingText(Serving serving) {
  switch (serving) {
    case Serving::kYes:
      return "";
    case Serving::kNoBackend:
    case Serving::kWaitsForBackend:
      return "no backend at the far end works";
    case Serving::kDrained:
      return "the far end is drained";
  }
  return "the far end takes no new connections";
}

}  // namespace funnel::tcpd
