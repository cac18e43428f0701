// What funnel-run and funnel-exec say to each other on a command's control flow: a chain of bytes,
// of which the edges understand nothing (man/funnel-protocol.7, COMMANDS). Integers are big-endian.
//
//   +--------+-----------+--------+
//   | type 8 | length 16 | fields |
//   +--------+-----------+--------+
//
// An unknown type from 128 up is skipped; a lower one is an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/error.h"

namespace funnel::command {

constexpr std::size_t kControlHeader = 3;
constexpr std::size_t kMaxControlBody = 0xffff;
constexpr std::uint8_t kFirstSkippableType = 128;

// From funnel-run, first and once: begin.
//   each argument: length 16, bytes without a zero
struct Start {
  std::vector<std::string> arguments;  // behind those of exec
  bool operator==(const Start&) const = default;
};

struct WindowSize {
  std::uint16_t rows = 0, columns = 0;  // 0: not known
  bool operator==(const WindowSize&) const = default;
};

// From funnel-run, before START and once: there is a terminal, and the command may have one, too.
//   rows 16, columns 16, type: 1 to 64 of A-Z a-z 0-9 + - . _ as in TERM
struct Terminal {
  WindowSize size;
  std::string type;
  bool operator==(const Terminal&) const = default;
};
constexpr std::size_t kMaxTerminalType = 64;
[[nodiscard]] bool IsTerminalType(std::string_view text);

// From funnel-run: the size of its terminal is another.
//   rows 16, columns 16
struct Resize {
  WindowSize size;
  bool operator==(const Resize&) const = default;
};

// From funnel-exec, first, and only after TERMINAL: the command has a terminal. What comes from it
// is all on the first flow.
struct HasTerminal {
  bool operator==(const HasTerminal&) const = default;
};

// From funnel-run, once: standard input has ended, and this is how much it was. Without it the
// command never sees an end of its input, so that none is taken for whole that was cut off.
//   bytes 64
struct InputEnd {
  std::uint64_t bytes = 0;
  bool operator==(const InputEnd&) const = default;
};

// From funnel-run: to the command's process group. It is one of kSignals, by its number in Linux.
//   number 8
struct Signal {
  std::uint8_t number = 0;
  bool operator==(const Signal&) const = default;
};

// From funnel-exec, instead of anything else: nothing was started.
//   text
struct Refused {
  std::string text;
  bool operator==(const Refused&) const = default;
};

// From funnel-exec, once, last: how the command ended, and how much it has written. The figures
// tell whether all of that has arrived.
//   how 8 (0: by itself, 1: by a signal), status or signal 8, standard output 64, standard error 64
struct Status {
  enum class How : std::uint8_t { kExited = 0, kSignalled = 1 };
  How how = How::kExited;
  std::uint8_t value = 0;
  std::uint64_t output_bytes = 0;
  std::uint64_t error_bytes = 0;
  bool operator==(const Status&) const = default;
};

// One that is not known and may be skipped.
struct Skipped {
  bool operator==(const Skipped&) const = default;
};

using ControlMessage =
    std::variant<Start, InputEnd, Signal, Refused, Status, Terminal, Resize, HasTerminal, Skipped>;

// HUP, INT, QUIT, USR1, USR2 and TERM: what a user may send. KILL is not among them: whoever wants
// that ends funnel-run.
[[nodiscard]] bool IsPassedOn(int signal);

// How much room START has for these arguments is limited: an error beyond.
[[nodiscard]] Result<Bytes> SerializeStart(const Start& start);
[[nodiscard]] Bytes Serialize(const InputEnd& message);
[[nodiscard]] Bytes Serialize(const Signal& message);
// A text that is too long is cut.
[[nodiscard]] Bytes Serialize(const Refused& message);
[[nodiscard]] Bytes Serialize(const Status& message);
// Its type must be one.
[[nodiscard]] Bytes Serialize(const Terminal& message);
[[nodiscard]] Bytes Serialize(const Resize& message);
[[nodiscard]] Bytes Serialize(const HasTerminal& message);

// The message of TYPE with these FIELDS.
[[nodiscard]] Result<ControlMessage> ParseControl(std::uint8_t type, ByteView fields);

}  // namespace funnel::command
