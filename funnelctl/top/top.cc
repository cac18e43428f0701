// funnelctl top: shows rates, latency, queues and drops, live.
#include <algorithm>
#include <thread>

#include "common/config/keys/units.h"
#include "funnelctl/colour.h"
#include "funnelctl/command.h"
#include "funnelctl/look.h"
#include "funnelctl/print.h"
#include "funnelctl/top/frame.h"
#include "funnelctl/top/json.h"
#include "funnelctl/top/screen.h"

namespace funnel::ctl {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kDefaultInterval{1000};
constexpr std::int64_t kLeastInterval = 100;  // in ms; asking more often would itself be the load
constexpr std::int64_t kLongestInterval = 3600 * 1000;
// A daemon that does not answer must not stop the keys for long.
constexpr milliseconds kAskDeadline{1000};

Look LookAt(const Options& options) {
  NodeView view = LookAtNode(options, kAskDeadline);
  return {Now(), std::move(view)};
}

int Once(const Options& options, milliseconds interval) {
  Look before = LookAt(options);
  std::this_thread::sleep_for(interval);
  Look now = LookAt(options);
  if (options.json) {
    PrintJson(TrafficAsJson(before, now));
  } else {
    for (const FrameLine& line : RenderFrame(before, now, {})) PrintText(line.text + '\n');
  }
  return kExitOk;
}

// Until it is interrupted, or the reader of the output has gone.
int LinePerInterval(const Options& options, milliseconds interval) {
  Look before = LookAt(options);
  for (;;) {
    std::this_thread::sleep_until(before.at + interval);
    Look now = LookAt(options);
    if (!PrintJsonLine(TrafficAsJson(before, now))) return kExitOk;
    before = std::move(now);
  }
}

// Until `q`, or until the terminal has gone.
void Live(const Options& options, milliseconds interval, Screen& screen) {
  FrameOptions frame;
  Look before = LookAt(options);
  Look now = before;
  TimePoint next = Now() + interval;

  for (;;) {
    frame.columns = screen.columns();
    frame.rows = screen.rows();
    screen.Show(RenderFrame(before, now, frame));

    auto left = std::chrono::ceil<milliseconds>(next - Now());
    Screen::Key key = screen.Read(std::max(left, milliseconds(0)));
    if (key == Screen::Key::kQuit) return;
    if (key == Screen::Key::kSort) frame.sort = NextSort(frame.sort);

    if (key == Screen::Key::kRefresh || Now() >= next) {
      before = std::move(now);
      now = LookAt(options);
      next = Now() + interval;
    }
  }
}

}  // namespace

int RunTop(const Options& options) {
  milliseconds interval = kDefaultInterval;
  if (auto text = options.Value("--interval")) {
    auto parsed = config::ParseTime(*text);
    if (!parsed || *parsed < kLeastInterval || *parsed > kLongestInterval) {
      Complain("--interval: a time from 100ms to 1h is expected");
      return kExitUsage;
    }
    interval = milliseconds(*parsed);
  }

  if (options.Has("--once")) return Once(options, interval);
  if (options.json) return LinePerInterval(options, interval);
  auto screen = Screen::Take(WantsColours());
  if (!screen) return Complain(screen.error().message);
  Live(options, interval, *screen);
  return kExitOk;
}

}  // namespace funnel::ctl
