// What a frame and its records look like in a trace.
#include "common/base/text.h"
#include "common/service/trace.h"

namespace funnel::service {
namespace {

std::string Number(std::string_view name, std::uint64_t value) {
  return " " + std::string(name) + "=" + std::to_string(value);
}
std::string Of(SessionId session) { return Number("session", session.value()); }
std::string Size(std::size_t size) { return Number("size", size); }
std::string Code(wire::EndCode code) {
  return Number("code", static_cast<std::uint64_t>(code)) + " (" +
         std::string(wire::EndCodeText(code)) + ")";
}

std::string_view OrderText(wire::Order order) {
  switch (order) {
    case wire::Order::kFree:
      return "free";
    case wire::Order::kOrdered:
      return "ordered";
    case wire::Order::kFollows:
      return "follows";
    case wire::Order::kAfterAll:
      return "after-all";
  }
  return "?";
}

struct Describe {
  std::string operator()(const wire::PaddingRecord&) const { return "PADDING"; }
  std::string operator()(const wire::DatagramRecord& record) const {
    return "DATAGRAM" + Of(record.session) + Size(record.bytes.size());
  }
  std::string operator()(const wire::MessageRecord& record) const {
    std::string out = "MESSAGE" + Of(record.session) + Number("number", record.number);
    out += Size(record.bytes.size()) + " order=" + std::string(OrderText(record.order));
    if (record.order == wire::Order::kFollows) out += Number("distance", record.distance);
    return out + (record.more ? " more" : "") + (record.fin ? " fin" : "");
  }
  std::string operator()(const wire::OpenSessionRecord& record) const {
    return "OPEN_SESSION" + Of(record.session) + " client=" + EscapeForLog(record.info.client) +
           " local=" + EscapeForLog(record.info.local);
  }
  std::string operator()(const wire::CreditRecord& record) const {
    return "CREDIT" + Of(record.session) + Number("limit", record.limit);
  }
  std::string operator()(const wire::ChannelCreditRecord& record) const {
    return "CHANNEL_CREDIT" + Number("limit", record.limit);
  }
  std::string operator()(const wire::SessionsRecord& record) const {
    return "SESSIONS" + Number("limit", record.limit);
  }
  std::string operator()(const wire::ResetRecord& record) const {
    return "RESET" + Of(record.session) + Code(record.code);
  }
  std::string operator()(const wire::EndSessionRecord& record) const {
    return "END_SESSION" + Of(record.session);
  }
  std::string operator()(const wire::PingRecord&) const { return "PING"; }
  std::string operator()(const wire::PongRecord&) const { return "PONG"; }
  std::string operator()(const wire::ConfirmRecord&) const { return "CONFIRM"; }
  std::string operator()(const wire::RekeyRecord& record) const {
    return "REKEY" + Size(record.token.size());
  }
  std::string operator()(const wire::NewEpochRecord& record) const {
    return "NEW_EPOCH" + Number("frames", record.frames);
  }
  std::string operator()(const wire::FarewellRecord& record) const {
    return "FAREWELL" + Code(record.code);
  }
  std::string operator()(const wire::HelloRecord& record) const {
    return "HELLO" + Size(record.body.size());
  }
  std::string operator()(const wire::SkippedRecord&) const { return "UNKNOWN (skipped)"; }
};

std::string_view Arrow(bool outgoing) { return outgoing ? " -> " : " <- "; }

std::string_view NameOf(wire::FrameType type) {
  switch (type) {
    case wire::FrameType::kOpen:
      return "OPEN";
    case wire::FrameType::kOpened:
      return "OPENED";
    case wire::FrameType::kRefused:
      return "REFUSED";
    case wire::FrameType::kSealed:
      return "SEALED";
    case wire::FrameType::kClosed:
      return "CLOSED";
    case wire::FrameType::kLinkUp:
    case wire::FrameType::kLinkEnd:
    case wire::FrameType::kNote:
      return "(local)";
  }
  return "?";
}

}  // namespace

std::string DescribeRecord(const wire::Record& record) { return std::visit(Describe{}, record); }

void ChannelTracer::OnTracedFrame(const wire::TracedFrame& frame, ByteView records) {
  const std::string head = label_ + std::string(Arrow(frame.outgoing));
  trace_.Line(head + "SEALED" + Number("seq", frame.sequence) +
              Number("epoch", frame.epoch.value()) + Size(frame.size) +
              (frame.reliable ? " reliable" : Number("lifetime", frame.lifetime_ms) + "ms"));
  ByteReader reader(records);
  while (!reader.AtEnd()) {
    auto record = wire::ParseRecord(reader);
    if (!record) return trace_.Line(head + "  (malformed)");
    trace_.Line(head + "  " + DescribeRecord(*record));
  }
}

void ChannelTracer::OnTracedDrop(Epoch epoch, std::size_t size, std::string_view why) {
  trace_.Line(label_ + std::string(Arrow(false)) + "SEALED" + Number("epoch", epoch.value()) +
              Size(size) + " dropped: " + std::string(why));
}

void ChannelTracer::OnClear(bool outgoing, wire::FrameType type, std::size_t size) {
  if (trace_.on())
    trace_.Line(label_ + std::string(Arrow(outgoing)) + std::string(NameOf(type)) + Size(size));
}

}  // namespace funnel::service
