// What one channel's frames and records say in a trace.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/trace/trace.h"
#include "common/wire/channel/tracer.h"
#include "common/wire/frame/frame.h"
#include "common/wire/frame/record.h"

namespace funnel::service {

// LABEL: "dns/1".
class ChannelTracer final : public wire::FrameTracer {
 public:
  ChannelTracer(trace::Trace& trace, std::string label) : trace_(trace), label_(std::move(label)) {}

  void OnTracedFrame(const wire::TracedFrame& frame, ByteView records) override;
  void OnTracedDrop(Epoch epoch, std::size_t size, std::string_view why) override;
  // The message that was sent, or without NUMBER the datagram, is described by TEXT: "search
  // request 5".
  void OnLabel(SessionId session, std::optional<std::uint64_t> number, std::string text);
  // A frame that is not sealed: OPEN, CLOSED, ...
  void OnClear(bool outgoing, wire::FrameType type, std::size_t size);

 private:
  trace::Trace& trace_;
  std::string label_;
};

// `what` and the fields of one record, without its payload: DATAGRAM, session and size.
[[nodiscard]] trace::TraceEvent DescribeRecord(const wire::Record& record);

}  // namespace funnel::service
