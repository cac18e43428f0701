#include "common/trace/trace.h"

#include <array>

namespace funnel::trace {
namespace {

using namespace std::chrono_literals;

// How long a reader that has not taken everything is left alone before it is offered more.
constexpr Duration kRetry = 20ms;

}  // namespace

Trace::Trace(event::Loop& loop, std::function<std::size_t()> limit_bytes, Callbacks callbacks)
    : limit_bytes_(std::move(limit_bytes)),
      callbacks_(std::move(callbacks)),
      flush_(loop.AddTurnHook([this] { Flush(); })),
      retry_(loop.AddTimer([this] { Flush(); })) {}

void Trace::AddReader(ipc::SharedAnswer reader, TraceForm form, std::string only) {
  reader->set_on_gone([this, gone = reader.get()] { Remove(gone); });
  readers_.push_back(
      {.answer = std::move(reader), .form = form, .only = std::move(only), .pending = {}});
  if (readers_.size() == 1) callbacks_.on_switch();
}

void Trace::Remove(const ipc::CommandAnswer* gone) {
  std::erase_if(readers_, [gone](const Reader& reader) { return reader.answer.get() == gone; });
  if (readers_.empty()) callbacks_.on_switch();
}

void Trace::Report(const TraceEvent& event) {
  if (!on()) return;
  const TraceTime now = std::chrono::system_clock::now();
  const std::size_t limit = limit_bytes_();
  std::array<std::string, 2> lines;  // one for each form, made for the first reader that wants it
  for (Reader& reader : readers_) {
    if (!reader.only.empty() && reader.only != event.of) continue;
    std::string& line = lines[static_cast<std::size_t>(reader.form)];
    if (line.empty()) line = RenderTraceEvent(event, now, reader.form);
    if (reader.pending.size() + line.size() > limit) {
      ++reader.lost;
      callbacks_.on_lost();
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
      reader.pending += RenderTraceLoss(std::exchange(reader.lost, 0),
                                        std::chrono::system_clock::now(), reader.form);
    reader.answer->Write(std::exchange(reader.pending, {}));
  }
}

}  // namespace funnel::trace
