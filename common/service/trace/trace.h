// The live record of a service's frames and records for `funnelctl trace`: who reads it, and what
// it says about them. It never has payload, keys or tokens. While nobody reads, nothing is made.
//
// Owned by the Edge; thread: the loop's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/event/loop.h"
#include "common/ipc/command_answer.h"
#include "common/service/trace/trace_event.h"
#include "common/wire/channel/tracer.h"
#include "common/wire/frame/frame.h"
#include "common/wire/frame/record.h"

namespace funnel::service {

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
  // READER gets all lines until it disconnects.
  void AddReader(ipc::SharedAnswer reader, TraceForm form);
  // Its time is that of this call.
  void Report(const TraceEvent& event);

 private:
  struct Reader {
    ipc::SharedAnswer answer;
    TraceForm form;
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

// One channel's part of the trace. LABEL: "dns/1".
class ChannelTracer final : public wire::FrameTracer {
 public:
  ChannelTracer(Trace& trace, std::string label) : trace_(trace), label_(std::move(label)) {}

  void OnTracedFrame(const wire::TracedFrame& frame, ByteView records) override;
  void OnTracedDrop(Epoch epoch, std::size_t size, std::string_view why) override;
  // The message that was sent is described by TEXT: "search request 5".
  void OnLabel(SessionId session, std::uint64_t number, std::string text);
  // A frame that is not sealed: OPEN, CLOSED, ...
  void OnClear(bool outgoing, wire::FrameType type, std::size_t size);

 private:
  Trace& trace_;
  std::string label_;
};

// `what` and the fields of one record, without its payload: DATAGRAM, session and size.
[[nodiscard]] TraceEvent DescribeRecord(const wire::Record& record);

}  // namespace funnel::service
