// Bounds the log lines of one event and subject: 5 in 60 s, the rest counted. Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"

namespace funnel {

class LogLimit {
 public:
  static constexpr int kLinesPerWindow = 5;
  static constexpr std::chrono::seconds kWindow{60};
  // A stranger can make up subjects; beyond this many the whole table is emptied.
  static constexpr std::size_t kMaxSubjects = 4096;

  struct Suppressed {
    std::string event;
    std::string subject;
    long count;
  };

  // What was held back in windows that have ended; each is reported once. Call it before Admit(),
  // which counts on ended windows being gone.
  [[nodiscard]] std::vector<Suppressed> TakeEnded(TimePoint now);
  // Whether a line may be written now.
  [[nodiscard]] bool Admit(std::string_view event, std::string_view subject, TimePoint now);

 private:
  struct Window {
    TimePoint begin;
    long lines = 0;
  };
  std::map<std::pair<std::string, std::string>, Window> windows_;
  TimePoint first_end_ = TimePoint::max();  // of all windows
};

}  // namespace funnel
