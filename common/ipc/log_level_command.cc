#include "common/ipc/log_level_command.h"

#include <charconv>

#include "common/base/json_writer.h"

namespace funnel::ipc {
namespace {

Result<std::chrono::milliseconds> ParseTime(std::string_view text) {
  std::int64_t count = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::chrono::milliseconds time(count);
  if (error != std::errc() || end != text.data() + text.size() || count <= 0 ||
      time > LogLevelCommand::kMaxTime)
    return Fail("a number of milliseconds is expected, a week at most");
  return time;
}

}  // namespace

LogLevelCommand::LogLevelCommand(event::Loop& loop, CommandTable& commands,
                                 std::function<LogLevel()> configured)
    : configured_(std::move(configured)), timer_(loop.AddTimer([this] {
        SetLogLevel(configured_());
        Log(LogLevel::kNotice, "log-level", "back to the configured level");
      })) {
  commands.Add("log-level", {Access::kAdmin, 1, 2, [this](const auto& arguments, auto answer) {
                               Run(arguments, answer);
                             }});
}

void LogLevelCommand::Run(const CommandRow::Arguments& arguments, const SharedAnswer& answer) {
  LogLevel level{};
  if (!ParseLogLevel(arguments[0], level))
    return answer->Fail("error, warning, notice, info or debug is expected");
  std::optional<std::int64_t> for_ms;
  if (arguments.size() > 1) {
    auto time = ParseTime(arguments[1]);
    if (!time) return answer->Fail(time.error().message);
    for_ms = time->count();
  }

  // Not before everything was checked: a command that is refused leaves an earlier level's end in
  // force.
  timer_->Disarm();
  if (for_ms) timer_->ArmAfter(std::chrono::milliseconds(*for_ms));
  SetLogLevel(level);
  JsonWriter out;
  out.Open('{').Field("level", arguments[0]).Field("for_ms", for_ms).Close('}');
  answer->Finish(out.Take());
}

}  // namespace funnel::ipc
