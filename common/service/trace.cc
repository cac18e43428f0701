#include "common/service/trace.h"

#include <ctime>

namespace funnel::service {
namespace {

using namespace std::chrono_literals;

// How long a reader that has not taken all yet is given before it is offered more.
constexpr Duration kRetry = 20ms;

// "12:34:56.789012", local time.
std::string TimeOfDay() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm local{};
  ::localtime_r(&now.tv_sec, &local);
  char text[32];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d.%06ld", local.tm_hour, local.tm_min,
                local.tm_sec, now.tv_nsec / 1000);
  return text;
}

}  // namespace

Trace::Trace(event::Loop& loop, std::function<std::size_t()> limit_bytes,
             std::function<void()> on_switch)
    : limit_bytes_(std::move(limit_bytes)),
      on_switch_(std::move(on_switch)),
      flush_(loop.AddTurnHook([this] { Flush(); })),
      retry_(loop.AddTimer([this] { Flush(); })) {}

void Trace::AddReader(ipc::SharedAnswer reader) {
  reader->set_on_gone([this, gone = reader.get()] { Remove(gone); });
  readers_.push_back({.answer = std::move(reader), .pending = {}});
  if (readers_.size() == 1) on_switch_();
}

void Trace::Remove(const ipc::CommandAnswer* gone) {
  std::erase_if(readers_, [gone](const Reader& reader) { return reader.answer.get() == gone; });
  if (readers_.empty()) on_switch_();
}

void Trace::Line(const std::string& text) {
  if (!on()) return;
  const std::string line = TimeOfDay() + ' ' + text + '\n';
  const std::size_t limit = limit_bytes_();
  for (Reader& reader : readers_) {
    if (reader.pending.size() + line.size() > limit) {
      ++reader.lost;
    } else {
      reader.pending += line;
    }
  }
  flush_->Request();
}

void Trace::Flush() {
  for (Reader& reader : readers_) {
    if (reader.pending.empty()) continue;
    if (reader.answer->queued_bytes() > 0) {
      retry_->ArmAfter(kRetry);
      continue;
    }
    if (reader.lost > 0)
      reader.pending += "-- " + std::to_string(std::exchange(reader.lost, 0)) +
                        " lines lost here: this reader is too slow\n";
    reader.answer->Write(std::exchange(reader.pending, {}));
  }
}

}  // namespace funnel::service
