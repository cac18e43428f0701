#include "common/base/log_limit.h"

namespace funnel {

bool LogLimit::Admit(std::string_view event, std::string_view subject, TimePoint now) {
  if (windows_.size() >= kMaxSubjects) windows_.clear();
  auto [at, fresh] = windows_.try_emplace({std::string(event), std::string(subject)}, Window{now});
  Window& window = at->second;
  if (now - window.begin >= kWindow) window = Window{now};
  return ++window.lines <= kLinesPerWindow;
}

std::vector<LogLimit::Suppressed> LogLimit::TakeEnded(TimePoint now) {
  std::vector<Suppressed> ended;
  if (now < next_sweep_) return ended;
  next_sweep_ = now + std::chrono::seconds(1);
  for (auto at = windows_.begin(); at != windows_.end();) {
    if (now - at->second.begin < kWindow) {
      ++at;
      continue;
    }
    if (at->second.lines > kLinesPerWindow)
      ended.push_back({at->first.first, at->first.second, at->second.lines - kLinesPerWindow});
    at = windows_.erase(at);
  }
  return ended;
}

}  // namespace funnel
