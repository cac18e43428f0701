#include "common/base/log_limit.h"

#include <algorithm>

namespace funnel {

bool LogLimit::Admit(std::string_view event, std::string_view subject, TimePoint now) {
  if (windows_.size() >= kMaxSubjects) windows_.clear();
  auto [at, fresh] = windows_.try_emplace({std::string(event), std::string(subject)}, Window{now});
  if (fresh) first_end_ = std::min(first_end_, now + kWindow);
  return ++at->second.lines <= kLinesPerWindow;
}

std::vector<LogLimit::Suppressed> LogLimit::TakeEnded(TimePoint now) {
  std::vector<Suppressed> ended;
  if (now < first_end_) return ended;
  first_end_ = TimePoint::max();

  for (auto at = windows_.begin(); at != windows_.end();) {
    if (now - at->second.begin < kWindow) {
      first_end_ = std::min(first_end_, at->second.begin + kWindow);
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
