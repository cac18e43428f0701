#include "funnel-exec/command_log.h"

#include <unistd.h>

#include <vector>

#include "common/base/log.h"

namespace funnel::exec {
namespace {

// A line is for people; who needs all of a long one has the service's file.
constexpr std::size_t kMaxWords = 1000;

std::string Joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  if (out.size() > kMaxWords) out = out.substr(0, kMaxWords) + "...";
  return out;
}

}  // namespace

void CommandLog::OnStarted(const Wish& wish, pid_t pid) const {
  const std::string uid = std::to_string(::geteuid());
  Log(LogLevel::kInfo, "command-started", Joined(wish.words),
      {{"SERVICE", service_.name.text()},
       {"PEER", who_.peer},
       {"REMOTE", who_.principal},
       {"CLIENT", who_.user},
       {"RUN_AS", uid},
       {"TERMINAL", wish.terminal ? wish.terminal->type : "none"},
       {"COMMAND_PID", std::to_string(pid)}});
}

void CommandLog::OnRefused(const std::string& why) const {
  Log(LogLevel::kWarning, "command-not-started", why,
      {{"SERVICE", service_.name.text()},
       {"PEER", who_.peer},
       {"REMOTE", who_.principal},
       {"CLIENT", who_.user}});
}

void CommandLog::OnEnded(const Relay::Outcome& outcome) const {
  const std::string value = std::to_string(outcome.ended.value);
  const std::string how = (outcome.ended.by_signal ? "by signal " : "with status ") + value;
  Log(outcome.lost.empty() ? LogLevel::kInfo : LogLevel::kNotice, "command-ended",
      how + (outcome.lost.empty() ? "" : ", and nobody got to know it: " + outcome.lost),
      {{"SERVICE", service_.name.text()},
       {"PEER", who_.peer},
       {"REMOTE", who_.principal},
       {"CLIENT", who_.user},
       {"INPUT_BYTES", std::to_string(outcome.input_bytes)},
       {"OUTPUT_BYTES", std::to_string(outcome.output_bytes)},
       {"ERROR_BYTES", std::to_string(outcome.error_bytes)}});
}

}  // namespace funnel::exec
