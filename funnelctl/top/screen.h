// The terminal, as curses uses it: taken by the constructor, given back at the end, also on SIGINT
// and SIGTERM (by curses' own handlers). There is one at a time.
#pragma once

#include <chrono>
#include <vector>

#include "common/base/error.h"
#include "funnelctl/top/frame.h"

namespace funnel::ctl {

class Screen {
 public:
  enum class Key { kNone, kQuit, kSort, kRefresh, kResized };

  // Fails if stdin and stdout are not a terminal that curses knows.
  [[nodiscard]] static Result<Screen> Take(bool colours);
  Screen(Screen&& other) noexcept : held_(std::exchange(other.held_, false)) {}
  Screen& operator=(Screen&&) = delete;
  ~Screen();

  [[nodiscard]] std::size_t columns() const;
  [[nodiscard]] std::size_t rows() const;
  void Show(const std::vector<FrameLine>& lines);
  // The next key; kNone after WAIT, or for a key without a meaning.
  [[nodiscard]] Key Read(std::chrono::milliseconds wait);

 private:
  Screen() = default;
  bool held_ = true;
};

}  // namespace funnel::ctl
