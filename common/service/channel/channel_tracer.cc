#include "common/service/channel/channel_tracer.h"

namespace funnel::service {
namespace {

using std::chrono::milliseconds;
using trace::ByteCount;
using trace::TraceEvent;
using trace::TraceField;

TraceField Number(std::string_view name, std::uint64_t value) { return {name, value}; }
TraceField Of(SessionId session) { return Number("session", session.value()); }
TraceField Size(std::size_t size) { return {"size", ByteCount{size}}; }
TraceField Limit(std::uint64_t bytes) { return {"limit", ByteCount{bytes}}; }

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

TraceEvent Record(std::string_view what, std::vector<TraceField> fields = {}) {
  return {.kind = TraceEvent::Kind::kRecord, .of = {}, .what = what, .fields = std::move(fields)};
}

struct Describe {
  TraceEvent operator()(const wire::PaddingRecord&) const { return Record("PADDING"); }
  TraceEvent operator()(const wire::DatagramRecord& record) const {
    return Record("DATAGRAM", {Of(record.session), Size(record.bytes.size())});
  }
  TraceEvent operator()(const wire::MessageRecord& record) const {
    TraceEvent out = Record("MESSAGE", {Of(record.session),
                                        Number("number", record.number),
                                        Size(record.bytes.size()),
                                        {"order", std::string(OrderText(record.order))}});
    if (record.order == wire::Order::kFollows)
      out.fields.push_back(Number("distance", record.distance));
    out.fields.push_back({"more", record.more});
    out.fields.push_back({"fin", record.fin});
    return out;
  }
  TraceEvent operator()(const wire::OpenSessionRecord& record) const {
    return Record(
        "OPEN_SESSION",
        {Of(record.session), {"client", record.info.client}, {"local", record.info.local}});
  }
  TraceEvent operator()(const wire::OpeningRecord& record) const {
    return Record("OPENING", {Of(record.session),
                              Size(record.bytes.size()),
                              {"client", record.info.client},
                              {"local", record.info.local}});
  }
  TraceEvent operator()(const wire::CreditRecord& record) const {
    return Record("CREDIT", {Of(record.session), Limit(record.limit)});
  }
  TraceEvent operator()(const wire::ChannelCreditRecord& record) const {
    return Record("CHANNEL_CREDIT", {Limit(record.limit)});
  }
  TraceEvent operator()(const wire::SessionsRecord& record) const {
    return Record("SESSIONS", {Number("most", record.limit)});
  }
  TraceEvent operator()(const wire::ResetRecord& record) const {
    return Record("RESET", {Of(record.session), {"code", record.code}});
  }
  TraceEvent operator()(const wire::EndSessionRecord& record) const {
    return Record("END_SESSION", {Of(record.session)});
  }
  TraceEvent operator()(const wire::PingRecord&) const { return Record("PING"); }
  TraceEvent operator()(const wire::PongRecord&) const { return Record("PONG"); }
  TraceEvent operator()(const wire::ConfirmRecord&) const { return Record("CONFIRM"); }
  TraceEvent operator()(const wire::RekeyRecord& record) const {
    return Record("REKEY", {Size(record.token.size())});
  }
  TraceEvent operator()(const wire::NewEpochRecord& record) const {
    return Record("NEW_EPOCH", {Number("frames", record.frames)});
  }
  TraceEvent operator()(const wire::FarewellRecord& record) const {
    return Record("FAREWELL", {{"code", record.code}});
  }
  TraceEvent operator()(const wire::HelloRecord& record) const {
    return Record("HELLO", {Size(record.body.size())});
  }
  TraceEvent operator()(const wire::ShareRecord& record) const {
    return Record("SHARE", {Number("fresh", record.fresh), Number("reading", record.reading)});
  }
  TraceEvent operator()(const wire::ModuleRecord& record) const {
    return Record("MODULE", {{"module", std::string(record.name)}, Number("abi", record.abi)});
  }
  TraceEvent operator()(const wire::MarkRecord& record) const {
    return Record("MARK", {Number("dscp", record.dscp)});
  }
  TraceEvent operator()(const wire::ServingRecord& record) const {
    return Record("SERVING", {Number("state", static_cast<std::uint64_t>(record.state))});
  }
  TraceEvent operator()(const wire::SkippedRecord&) const { return Record("UNKNOWN"); }
};

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
    // These exist between edge and funnel-sctpd only.
    case wire::FrameType::kLinkUp:
      return "LINK_UP";
    case wire::FrameType::kLinkEnd:
      return "LINK_END";
    case wire::FrameType::kNote:
      return "NOTE";
  }

  return "UNKNOWN";
}

}  // namespace

TraceEvent DescribeRecord(const wire::Record& record) { return std::visit(Describe{}, record); }

void ChannelTracer::OnLabel(SessionId session, std::optional<std::uint64_t> number,
                            std::string text) {
  TraceEvent event{.kind = TraceEvent::Kind::kLabel,
                   .of = label_,
                   .outgoing = true,
                   .what = "LABEL",
                   .fields = {Of(session)}};
  if (number) event.fields.push_back(Number("number", *number));
  event.fields.push_back({"label", std::move(text)});
  trace_.Report(event);
}

void ChannelTracer::OnTracedFrame(const wire::TracedFrame& frame, ByteView records) {
  TraceEvent sealed{.of = label_,
                    .outgoing = frame.outgoing,
                    .what = "SEALED",
                    .fields = {Number("seq", frame.sequence),
                               Number("epoch", frame.epoch.value()),
                               Size(frame.size),
                               {"reliable", frame.reliable}}};

  if (!frame.reliable) sealed.fields.push_back({"lifetime", milliseconds(frame.lifetime_ms)});
  trace_.Report(sealed);
  ByteReader reader(records);
  while (!reader.AtEnd()) {
    auto record = wire::ParseRecord(reader);
    TraceEvent event = record ? DescribeRecord(*record) : Record("MALFORMED");
    event.of = label_;
    event.outgoing = frame.outgoing;
    trace_.Report(event);
    if (!record) return;
  }
}

void ChannelTracer::OnTracedDrop(Epoch epoch, std::size_t size, std::string_view why) {
  trace_.Report({.of = label_,
                 .what = "SEALED",
                 .fields = {Number("epoch", epoch.value()), Size(size)},
                 .dropped = std::string(why)});
}

void ChannelTracer::OnClear(bool outgoing, wire::FrameType type, std::size_t size) {
  if (!trace_.on()) return;
  trace_.Report({.of = label_, .outgoing = outgoing, .what = NameOf(type), .fields = {Size(size)}});
}

}  // namespace funnel::service
