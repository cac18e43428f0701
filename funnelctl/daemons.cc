#include "funnelctl/daemons.h"

#include <algorithm>
#include <filesystem>

#include "common/base/ids.h"
#include "common/base/text.h"
#include "common/config/keys/units.h"
#include "funnelctl/command.h"

namespace funnel::ctl {
namespace {

constexpr std::string_view kUnitSuffix = ".service";

}  // namespace

Result<Daemon> FindDaemon(const Options& options, std::string_view word) {
  std::string_view name = word;
  if (name.ends_with(kUnitSuffix)) name.remove_suffix(kUnitSuffix.size());
  if (name == "funnel-authd") return Daemon{std::string(name), AuthdSocket(options)};
  if (name == "funnel-sctpd") return Daemon{std::string(name), SctpdSocket(options)};
  std::string_view service = name;
  for (std::string_view program : {"funnel-udpd@", "funnel-tcpd@"})
    if (name.starts_with(program)) service.remove_prefix(program.size());
  if (!IsLegalName(service))
    return Fail(EscapeForLog(word) +
                ": a service or a daemon is expected, such as dns or funnel-udpd@dns.service");
  return Daemon{std::string(name), EdgeSocket(options, service)};
}

std::vector<Daemon> AllEdges(const Options& options) {
  std::vector<Daemon> out;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(options.RunPath("edge"), ignored)) {
    std::string service = entry.path().filename();
    if (IsLegalName(service)) out.push_back({service, EdgeSocket(options, service)});
  }
  std::sort(out.begin(), out.end(),
            [](const Daemon& a, const Daemon& b) { return a.name < b.name; });
  return out;
}

std::vector<Daemon> AllDaemons(const Options& options) {
  std::vector<Daemon> out{{"funnel-authd", AuthdSocket(options)},
                          {"funnel-sctpd", SctpdSocket(options)}};
  for (Daemon& edge : AllEdges(options)) out.push_back(std::move(edge));
  return out;
}

bool NotRunning(const Error& error) { return error.code == ENOENT || error.code == ECONNREFUSED; }

std::string Explain(const Daemon& daemon, const Error& error) {
  if (!NotRunning(error)) return daemon.name + ": " + error.message;
  return daemon.name + ": does not run: " + error.message + " (" + daemon.socket_path + ")";
}

Result<Json> AskJson(const Daemon& daemon, const std::string& command,
                     std::vector<std::string> arguments, std::chrono::milliseconds deadline) {
  std::string text =
      TRY(Ask(Question{daemon.socket_path, command, std::move(arguments)}, deadline));
  return ParseAnswer(text);
}

int AskEdges(const Options& options, const std::string& command,
             const std::function<int(const Daemon& edge, const Json& answer)>& show) {
  std::vector<Daemon> edges;
  const bool named = !options.arguments.empty();
  if (named) {
    auto edge = FindDaemon(options, options.arguments.front());
    if (!edge) return Complain(edge.error().message);
    edges.push_back(*std::move(edge));
  } else {
    edges = AllEdges(options);
  }

  int status = kExitOk;
  Json answers = Json::array();
  for (const Daemon& edge : edges) {
    auto answer = AskJson(edge, command);
    if (answer) {
      if (!options.json) status = std::max(status, show(edge, *answer));
      answers.push_back(*std::move(answer));
    } else if (named || !NotRunning(answer.error())) {
      status = Complain(Explain(edge, answer.error()));
    }
  }

  if (options.json) PrintJson(answers);
  return status;
}

std::string TextOf(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::optional<std::int64_t> MaybeNumberOf(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  return value->get<std::int64_t>();
}

std::int64_t NumberOf(const Json& object, const char* key) {
  return MaybeNumberOf(object, key).value_or(0);
}

bool IsTrue(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::optional<double> MillisecondsOf(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->get<double>();
}

const Json& ListOf(const Json& object, const char* key) {
  static const Json kEmpty = Json::array();
  const Json* value = Find(object, key);
  return value != nullptr && value->is_array() ? *value : kEmpty;
}

Result<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  std::string with_unit(text);
  if (with_unit.ends_with('m')) with_unit += "in";
  auto time = config::ParseTime(with_unit);
  if (!time || *time <= 0)
    return Fail("a time with its unit (ms, s, m, h, d) is expected, not " + EscapeForLog(text));
  return std::chrono::milliseconds(*time);
}

SlashPair SplitAtSlash(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

}  // namespace funnel::ctl
