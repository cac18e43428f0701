#include "common/trace/trace_event.h"

#include <ctime>

#include "common/base/json_writer.h"
#include "common/base/text.h"

namespace funnel::trace {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

std::int64_t Microseconds(TraceTime when) {
  return std::chrono::duration_cast<microseconds>(when.time_since_epoch()).count();
}

// "12:34:56.789012", local time.
std::string TimeOfDay(TraceTime when) {
  constexpr std::int64_t kSecond = 1000000;
  const std::int64_t count = Microseconds(when);
  const std::time_t seconds = count / kSecond;
  tm local{};
  ::localtime_r(&seconds, &local);
  char text[32];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d.%06d", local.tm_hour, local.tm_min, local.tm_sec,
                static_cast<int>(count % kSecond));
  return text;
}

struct FieldAsText {
  std::string_view name;

  std::string operator()(bool flag) const { return flag ? " " + std::string(name) : ""; }
  std::string operator()(std::uint64_t number) const { return With(std::to_string(number)); }
  std::string operator()(ByteCount count) const { return With(std::to_string(count.value)); }
  std::string operator()(milliseconds time) const {
    return With(std::to_string(time.count()) + "ms");
  }
  std::string operator()(const std::string& text) const { return With(EscapeForLog(text)); }
  std::string operator()(wire::EndCode code) const {
    return With(std::to_string(static_cast<std::uint64_t>(code)) + " (" +
                std::string(wire::EndCodeText(code)) + ")");
  }
  [[nodiscard]] std::string With(const std::string& value) const {
    return " " + std::string(name) + "=" + value;
  }
};

struct FieldAsJson {
  JsonWriter& out;
  std::string name;

  void operator()(bool flag) const { out.Field(name, flag); }
  void operator()(std::uint64_t number) const { out.Field(name, number); }
  void operator()(ByteCount count) const { out.Field(name + "_bytes", count.value); }
  void operator()(milliseconds time) const { out.Field(name + "_ms", time.count()); }
  void operator()(const std::string& text) const { out.Field(name, text); }
  void operator()(wire::EndCode code) const {
    out.Field(name, static_cast<std::uint64_t>(code));
    out.Field(name + "_text", wire::EndCodeText(code));
  }
};

// Whether it is a frame or packet; the other lines are about what stands in it, or will.
bool IsWhole(TraceEvent::Kind kind) {
  return kind == TraceEvent::Kind::kFrame || kind == TraceEvent::Kind::kPacket;
}

std::string_view OwnerField(TraceEvent::Kind kind) {
  return kind == TraceEvent::Kind::kPacket || kind == TraceEvent::Kind::kChunk ? "peer" : "channel";
}

std::string AsText(const TraceEvent& event, TraceTime when) {
  std::string out = TimeOfDay(when) + ' ' + event.of + (event.outgoing ? " -> " : " <- ");
  if (!IsWhole(event.kind)) out += "  ";
  out += event.what;
  for (const TraceField& field : event.fields)
    out += std::visit(FieldAsText{field.name}, field.value);
  if (!event.dropped.empty()) out += " dropped: " + EscapeForLog(event.dropped);
  return out + '\n';
}

// The fields that every line has.
JsonWriter Head(std::string_view kind, TraceTime when) {
  JsonWriter out;
  out.Open('{').Field("time", static_cast<double>(Microseconds(when)) / 1e6).Field("kind", kind);
  return out;
}

std::string Line(JsonWriter out) { return out.Close('}').Take() + '\n'; }

std::string_view KindText(TraceEvent::Kind kind) {
  switch (kind) {
    case TraceEvent::Kind::kFrame:
      return "frame";
    case TraceEvent::Kind::kRecord:
      return "record";
    case TraceEvent::Kind::kLabel:
      return "label";
    case TraceEvent::Kind::kPacket:
      return "packet";
    case TraceEvent::Kind::kChunk:
      return "chunk";
  }

  return "";
}

std::string AsJson(const TraceEvent& event, TraceTime when) {
  JsonWriter out = Head(KindText(event.kind), when);
  out.Field(OwnerField(event.kind), event.of).Field("direction", event.outgoing ? "out" : "in");
  out.Field("what", event.what);
  for (const TraceField& field : event.fields)
    std::visit(FieldAsJson{out, std::string(field.name)}, field.value);
  if (!event.dropped.empty()) out.Field("dropped", event.dropped);
  return Line(std::move(out));
}

}  // namespace

Result<TraceForm> ParseTraceForm(std::string_view word) {
  if (word == "text") return TraceForm::kText;
  if (word == "json") return TraceForm::kJson;
  return Fail("the form of a trace is text or json, not '" + EscapeForLog(word) + "'");
}

std::string RenderTraceEvent(const TraceEvent& event, TraceTime when, TraceForm form) {
  return form == TraceForm::kText ? AsText(event, when) : AsJson(event, when);
}

std::string RenderTraceLoss(std::uint64_t lines, TraceTime when, TraceForm form) {
  if (form == TraceForm::kJson) return Line(std::move(Head("lost", when).Field("lines", lines)));
  return "-- " + std::to_string(lines) + " lines lost here: this reader is too slow\n";
}

}  // namespace funnel::trace
