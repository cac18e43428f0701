#include "common/command/control_message.h"

#include <signal.h>

#include <algorithm>
#include <iterator>

namespace funnel::command {
namespace {

enum class Type : std::uint8_t {
  kStart = 1,
  kInputEnd = 2,
  kSignal = 3,
  kRefused = 4,
  kStatus = 5,
  kTerminal = 6,
  kResize = 7,
  kHasTerminal = 8,
};

constexpr int kSignals[] = {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM};
constexpr std::size_t kMaxRefusal = 1024;

Bytes Framed(Type type, ByteView fields) {
  ByteWriter out;
  out.U8(static_cast<std::uint8_t>(type)).Block16(fields);
  return out.Release();
}

std::unexpected<Error> Malformed() { return Fail("a malformed message on the control flow"); }

Result<ControlMessage> ParseStart(ByteReader& in) {
  Start start;
  while (!in.AtEnd()) {
    const auto argument = in.Block16();
    if (!argument || std::ranges::find(*argument, 0) != argument->end()) return Malformed();
    start.arguments.emplace_back(AsText(*argument));
  }
  return start;
}

Result<ControlMessage> ParseStatus(ByteReader& in) {
  const auto how = in.U8(), value = in.U8();
  const auto output = in.U64(), errors = in.U64();
  if (!errors || !in.AtEnd() || *how > 1) return Malformed();
  return Status{static_cast<Status::How>(*how), *value, *output, *errors};
}

Result<WindowSize> ParseSize(ByteReader& in) {
  const auto rows = in.U16(), columns = in.U16();
  if (!columns) return Malformed();
  return WindowSize{*rows, *columns};
}

Result<ControlMessage> ParseTerminal(ByteReader& in) {
  const WindowSize size = TRY(ParseSize(in));
  const std::string_view type = AsText(in.Rest());
  if (!IsTerminalType(type)) return Malformed();
  return Terminal{size, std::string(type)};
}

Result<ControlMessage> ParseResize(ByteReader& in) {
  const WindowSize size = TRY(ParseSize(in));
  if (!in.AtEnd()) return Malformed();
  return Resize{size};
}

ByteWriter& Put(ByteWriter& out, const WindowSize& size) {
  return out.U16(size.rows).U16(size.columns);
}

}  // namespace

bool IsTerminalType(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("+-._").contains(c);
  };
  return !text.empty() && text.size() <= kMaxTerminalType && std::ranges::all_of(text, fits);
}

bool IsPassedOn(int signal) { return std::ranges::find(kSignals, signal) != std::end(kSignals); }

Result<Bytes> SerializeStart(const Start& start) {
  ByteWriter fields;
  for (const std::string& argument : start.arguments) {
    if (argument.size() > kMaxControlBody) return Fail("an argument is too long");
    fields.Block16(AsBytes(argument));
  }
  if (fields.bytes().size() > kMaxControlBody) return Fail("the arguments are too long");
  return Framed(Type::kStart, fields.bytes());
}

Bytes Serialize(const InputEnd& message) {
  return Framed(Type::kInputEnd, ByteWriter().U64(message.bytes).bytes());
}

Bytes Serialize(const Signal& message) {
  return Framed(Type::kSignal, ByteWriter().U8(message.number).bytes());
}

Bytes Serialize(const Refused& message) {
  return Framed(Type::kRefused, AsBytes(std::string_view(message.text).substr(0, kMaxRefusal)));
}

Bytes Serialize(const Status& message) {
  return Framed(Type::kStatus, ByteWriter()
                                   .U8(static_cast<std::uint8_t>(message.how))
                                   .U8(message.value)
                                   .U64(message.output_bytes)
                                   .U64(message.error_bytes)
                                   .bytes());
}

Bytes Serialize(const Terminal& message) {
  ByteWriter fields;
  return Framed(Type::kTerminal, Put(fields, message.size).Append(message.type).bytes());
}

Bytes Serialize(const Resize& message) {
  ByteWriter fields;
  return Framed(Type::kResize, Put(fields, message.size).bytes());
}

Bytes Serialize(const HasTerminal&) { return Framed(Type::kHasTerminal, {}); }

Result<ControlMessage> ParseControl(std::uint8_t type, ByteView fields) {
  ByteReader in(fields);
  switch (static_cast<Type>(type)) {
    case Type::kStart:
      return ParseStart(in);
    case Type::kInputEnd: {
      const auto bytes = in.U64();
      if (!bytes || !in.AtEnd()) return Malformed();
      return InputEnd{*bytes};
    }
    case Type::kSignal: {
      const auto number = in.U8();
      if (!number || !in.AtEnd() || !IsPassedOn(*number)) return Malformed();
      return Signal{*number};
    }
    case Type::kRefused:
      return Refused{std::string(AsText(fields))};
    case Type::kStatus:
      return ParseStatus(in);
    case Type::kTerminal:
      return ParseTerminal(in);
    case Type::kResize:
      return ParseResize(in);
    case Type::kHasTerminal:
      if (!in.AtEnd()) return Malformed();
      return HasTerminal{};
  }
  if (type >= kFirstSkippableType) return Skipped{};
  return Fail("an unknown message on the control flow");
}

}  // namespace funnel::command
