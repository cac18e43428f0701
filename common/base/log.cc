#include "common/base/log.h"

#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <mutex>
#include <span>
#include <vector>

#include "common/base/journal.h"
#include "common/base/log_limit.h"
#include "common/base/message_ids.h"
#include "common/base/printable.h"

namespace funnel {
namespace {

struct LevelName {
  std::string_view word;
  int priority;
};
constexpr std::array<LevelName, 5> kLevels{{{"error", LOG_ERR},
                                            {"warning", LOG_WARNING},
                                            {"notice", LOG_NOTICE},
                                            {"info", LOG_INFO},
                                            {"debug", LOG_DEBUG}}};

std::atomic<LogLevel> g_level{LogLevel::kInfo};
std::mutex g_mutex;  // guards the two below
std::string g_name;
LogLimit g_limit;

const LevelName& NameOf(LogLevel level) { return kLevels[static_cast<std::size_t>(level)]; }

// The longest message or value.
constexpr std::size_t kMaxText = 4096;

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// One line whatever TEXT holds: no control character, and not without end.
std::string Safe(std::string_view text) {
  std::string out = EscapeUnprintable(text.substr(0, kMaxText));
  return text.size() > kMaxText ? out + "..." : out;
}

void WriteStderr(LogLevel level, std::string_view line, std::span<const LogField> fields) {
  std::string out = g_name.empty() ? "" : g_name + ": ";
  out.append(NameOf(level).word).append(": ").append(line);
  const char* separator = " (";
  for (const LogField& field : fields) {
    out += separator + Lower(field.name) + "=" + Safe(field.value);
    separator = " ";
  }
  out += fields.empty() ? "\n" : ")\n";
  // A full or closed stderr must not hurt the daemon.
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, out.data(), out.size());
}

void WriteJournal(LogLevel level, std::string_view event, std::string_view line,
                  std::span<const LogField> fields) {
  std::vector<std::string> items{"MESSAGE=" + std::string(line),
                                 "PRIORITY=" + std::to_string(NameOf(level).priority),
                                 "FUNNEL_EVENT=" + std::string(event)};
  if (std::string_view id = FindMessageId(event); !id.empty())
    items.push_back("MESSAGE_ID=" + std::string(id));
  for (const LogField& field : fields)
    items.push_back("FUNNEL_" + std::string(field.name) + "=" + Safe(field.value));
  std::vector<iovec> vectors;
  for (std::string& item : items) vectors.push_back({item.data(), item.size()});
  sd_journal_sendv(vectors.data(), static_cast<int>(vectors.size()));
}

void Write(LogLevel level, std::string_view event, std::string_view message,
           std::span<const LogField> fields) {
  static const bool journal = StderrIsJournal();
  std::string line = std::string(event) + ": " + Safe(message);
  if (journal) {
    WriteJournal(level, event, line, fields);
  } else {
    WriteStderr(level, line, fields);
  }
}

// See log.h. Its kind stands with it: a service may be called as a peer is.
std::string SubjectOf(std::span<const LogField> fields) {
  for (const std::string_view name : {"UID", "PEER", "SERVICE", "FILE"})
    for (const LogField& field : fields)
      if (field.name == name && !field.value.empty())
        return name == "UID" ? "uid " + std::string(field.value) : std::string(field.value);
  return {};
}

}  // namespace

void SetLogLevel(LogLevel level) { g_level = level; }

bool ParseLogLevel(std::string_view word, LogLevel& out) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels[i].word != word) continue;
    out = static_cast<LogLevel>(i);
    return true;
  }
  return false;
}

void SetLogName(std::string_view name) {
  std::lock_guard lock(g_mutex);
  g_name = name;
}

void Log(LogLevel level, std::string_view event, std::string_view message,
         std::initializer_list<LogField> fields) {
  if (level > g_level.load(std::memory_order_relaxed)) return;
  std::lock_guard lock(g_mutex);
  const std::span<const LogField> all(fields.begin(), fields.size());
  const std::string subject = SubjectOf(all);
  for (const LogLimit::Suppressed& past : g_limit.TakeEnded(Now()))
    Write(LogLevel::kNotice, past.event, std::to_string(past.count) + " more in 60 s",
          std::array{LogField{"SUBJECT", past.subject}});
  if (g_limit.Admit(event, subject, Now())) Write(level, event, message, all);
}

}  // namespace funnel
