#include "common/config/check/reload_report.h"

#include "common/base/json_writer.h"
#include "common/base/log.h"

namespace funnel::config {

std::string NeedsRestart::Print() const {
  return key + " can only change by a restart: " + command;
}

std::string ReportJson(const ReloadReport& report) {
  JsonWriter out;
  out.Open('{').Field("daemon", report.daemon).Field("ok", report.ok());
  out.Key("mistakes").Open('[');

  for (const Mistake& mistake : report.mistakes)
    out.Open('{')
        .Field("file", mistake.file)
        .Field("line", mistake.line)
        .Field("text", mistake.text)
        .Close('}');

  out.Close(']').Key("changed").Open('[');
  for (const Change& change : report.changes)
    out.Open('{')
        .Field("file", change.file)
        .TextOrNull("section", change.section)
        .TextOrNull("key", change.key)
        .Field("before", change.before)
        .Field("after", change.after)
        .Close('}');

  out.Close(']').Key("needs_restart").Open('[');
  for (const NeedsRestart& left : report.left)
    out.Open('{').Field("key", left.key).Field("command", left.command).Close('}');
  out.Close(']').Close('}');
  return out.Take();
}

void LogReport(const ReloadReport& report, std::string_view service) {
  auto say = [service](LogLevel level, std::string_view event, const std::string& text) {
    if (service.empty()) return Log(level, event, text);
    Log(level, event, text, {{"SERVICE", service}});
  };

  LogMistakes(report.mistakes, " (the old configuration stays)", service);
  if (!report.ok())
    return say(LogLevel::kError, "reload-failed", "the running configuration stays in force");
  for (const Change& change : report.changes) say(LogLevel::kInfo, "reload", change.Print());
  for (const NeedsRestart& left : report.left)
    say(LogLevel::kWarning, "restart-needed", left.Print());
  say(LogLevel::kNotice, "reloaded",
      "configuration was read again: " + std::to_string(report.changes.size()) +
          (report.changes.size() == 1 ? " change" : " changes"));
}

}  // namespace funnel::config
