// Logging: to the journal with structured fields when stderr is the journal ($JOURNAL_STREAM), else
// to stderr in the same words. One thread-safe call; the daemon logs, libraries return errors.
//
//   Log(LogLevel::kWarning, "channel-refused", "peer refused the channel: busy",
//       {{"SERVICE", "dns"}, {"PEER", "hoster"}});
//   stderr:  warning: channel-refused: peer refused the channel: busy (service=dns peer=hoster)
//   journal: MESSAGE=channel-refused: peer refused ...  FUNNEL_EVENT=channel-refused
//   FUNNEL_SERVICE=dns ...  MESSAGE_ID=, where message_ids.h has one for the event
//
// Whatever is not printable is escaped here, as \xNN. Payload, keys and tokens are never logged.
#pragma once

#include <initializer_list>
#include <string>  // IWYU pragma: export
#include <string_view>

namespace funnel {

enum class LogLevel { kError, kWarning, kNotice, kInfo, kDebug };

struct LogField {
  std::string_view name;  // upper case, without the FUNNEL_ prefix
  std::string_view value;
};

// Lines above this level are dropped. Default kInfo.
void SetLogLevel(LogLevel level);
// "error" ... "debug"; false if the word is none of them.
[[nodiscard]] bool ParseLogLevel(std::string_view word, LogLevel& out);
// The name that stderr lines begin with, e.g. "funnel-udpd@dns"; empty (default) for none.
void SetLogName(std::string_view name);

// At most 5 lines per event and UID (else PEER, else SERVICE, else FILE) in 60 s, so that nobody
// hides another's lines; then one line "N more in 60 s" when the minute is over. No level is
// exempt.
void Log(LogLevel level, std::string_view event, std::string_view message,
         std::initializer_list<LogField> fields = {});

}  // namespace funnel
