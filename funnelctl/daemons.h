// The daemons of this node, as a command line names them, and their answers as JSON.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "funnelctl/ask.h"
#include "funnelctl/print.h"

namespace funnel::ctl {

struct Daemon {
  std::string name;         // "funnel-udpd@dns"; "dns" if it was named by its service
  std::string socket_path;  // where it listens
};

// WORD is a daemon's name, its unit's ("funnel-udpd@dns.service", as systemd passes %n), or a
// service's, which stands for the service's edge.
[[nodiscard]] Result<Daemon> FindDaemon(const Options& options, std::string_view word);
// The edges of all services that have a folder here, running or not; sorted.
[[nodiscard]] std::vector<Daemon> AllEdges(const Options& options);
// authd, sctpd, then all edges.
[[nodiscard]] std::vector<Daemon> AllDaemons(const Options& options);

// Whether ERROR means that nobody listens there.
[[nodiscard]] bool NotRunning(const Error& error);
// "dns: no edge runs here (...)": the daemon, what is wrong, and what to do.
[[nodiscard]] std::string Explain(const Daemon& daemon, const Error& error);

// One command's answer: an object, bounded (json.h). It may contain anything: the functions
// below read it, and each returns values of one type.
[[nodiscard]] Result<Json> AskJson(const Daemon& daemon, const std::string& command,
                                   std::vector<std::string> arguments = {},
                                   std::chrono::milliseconds deadline = kAnswerDeadline);

// Gives COMMAND, which every edge knows, to the edge that OPTIONS.arguments name first, or to all
// of this node; those that do not run are left out then. SHOW gets each answer and returns an exit
// status; with --json the answers are printed as a list instead. Returns the exit status.
[[nodiscard]] int AskEdges(const Options& options, const std::string& command,
                           const std::function<int(const Daemon& edge, const Json& answer)>& show);

// Values of an answer, whatever it contains; "" and 0 for what is absent or of another type.
[[nodiscard]] std::string TextOf(const Json& object, const char* key);
[[nodiscard]] std::int64_t NumberOf(const Json& object, const char* key);
[[nodiscard]] std::optional<std::int64_t> MaybeNumberOf(const Json& object, const char* key);
[[nodiscard]] bool IsTrue(const Json& object, const char* key);
[[nodiscard]] std::optional<double> MillisecondsOf(const Json& object, const char* key);
// An empty list if it is no list.
[[nodiscard]] const Json& ListOf(const Json& object, const char* key);

// "10min", "10m", "90s".
[[nodiscard]] Result<std::chrono::milliseconds> ParseDuration(std::string_view text);
// "dns/1.17" -> {"dns", "1.17"}; without a slash the second is empty.
struct SlashPair {
  std::string first, second;
};
[[nodiscard]] SlashPair SplitAtSlash(std::string_view text);

}  // namespace funnel::ctl
