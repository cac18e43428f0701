// The live record of what a daemon sends and receives, for `funnelctl trace`: who reads it. It
// never has payload, keys or tokens. While nobody reads, nothing is made.
//
// Owned by an edge or funnel-sctpd; thread: the loop's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/event/loop.h"
#include "common/ipc/command_answer.h"
#include "common/trace/trace_event.h"

namespace funnel::trace {

class Trace {
 public:
  struct Callbacks {
    std::function<void()> on_switch;  // on() has changed
    std::function<void()> on_lost;    // a line was lost
  };
  // LIMIT_BYTES is how much may wait for one reader; further lines are lost to that reader, and
  // counted for it.
  Trace(event::Loop& loop, std::function<std::size_t()> limit_bytes, Callbacks callbacks);

  [[nodiscard]] bool on() const { return !readers_.empty(); }
  // READER gets all lines until it disconnects; or only those of ONLY (TraceEvent::of), if it is
  // not empty.
  void AddReader(ipc::SharedAnswer reader, TraceForm form, std::string only = {});
  // Its time is that of this call.
  void Report(const TraceEvent& event);

 private:
  struct Reader {
    ipc::SharedAnswer answer;
    TraceForm form;
    std::string only;
    std::string pending;
    std::uint64_t lost = 0;
  };
  void Remove(const ipc::CommandAnswer* gone);
  // Sends the lines of this turn, as far as readers take them.
  void Flush();

  std::function<std::size_t()> limit_bytes_;
  Callbacks callbacks_;
  std::vector<Reader> readers_;
  std::unique_ptr<event::TurnHook> flush_;
  std::unique_ptr<event::Timer> retry_;  // for readers that have not taken everything
};

}  // namespace funnel::trace
