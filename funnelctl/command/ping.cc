// funnelctl ping: measures round trips inside a service's channel, sealed, from edge to edge: the
// same path that the service's traffic takes, except for client and backend.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "common/config/keys/units.h"
#include "funnelctl/command.h"
#include "funnelctl/daemons.h"
#include "funnelctl/words.h"

namespace funnel::ctl {
namespace {

constexpr std::int64_t kDefaultCount = 4;
constexpr std::int64_t kMaxCount = 1000000;
constexpr std::chrono::milliseconds kInterval{1000};
// The edge answers within its ping-timeout, which is at most 60 s.
constexpr std::chrono::seconds kDeadline{65};

struct Tally {
  std::int64_t sent = 0;
  std::vector<double> round_trips_ms;
  std::string peer;
  std::string error;

  [[nodiscard]] double Least() const { return *std::ranges::min_element(round_trips_ms); }
  [[nodiscard]] double Most() const { return *std::ranges::max_element(round_trips_ms); }
  [[nodiscard]] double Mean() const {
    double sum = 0;
    for (double one : round_trips_ms) sum += one;
    return sum / static_cast<double>(round_trips_ms.size());
  }
};

// One PING; false: nobody is there to continue with.
bool PingOnce(Talk& talk, const std::string& channel, bool quiet, Tally& tally) {
  ++tally.sent;
  std::vector<std::string> arguments;
  if (!channel.empty()) arguments.push_back(channel);
  auto text = talk.Ask("ping", std::move(arguments), kDeadline);
  auto answer = text ? ParseAnswer(*text) : Result<Json>(std::unexpected(text.error()));

  if (!answer) {
    tally.error = answer.error().message;
    if (!quiet) PrintText(std::to_string(tally.sent) + ": " + tally.error + '\n');
    return answer.error().code == 0;
  }

  tally.peer = TextOf(*answer, "peer");
  tally.round_trips_ms.push_back(MillisecondsOf(*answer, "rtt_ms").value_or(0));
  if (!quiet)
    PrintText(std::to_string(tally.sent) + ": answer from " + Shown(tally.peer) + " in " +
              PrintMilliseconds(tally.round_trips_ms.back()) + '\n');
  std::fflush(stdout);
  return true;
}

void PrintTally(const Tally& tally) {
  std::printf("%lld sent, %zu answered", static_cast<long long>(tally.sent),
              tally.round_trips_ms.size());
  if (!tally.round_trips_ms.empty())
    std::printf("; min %s, avg %s, max %s", PrintMilliseconds(tally.Least()).c_str(),
                PrintMilliseconds(tally.Mean()).c_str(), PrintMilliseconds(tally.Most()).c_str());
  std::printf("\n");
}

Json AsJson(const Tally& tally, const std::string& service) {
  const bool any = !tally.round_trips_ms.empty();
  return {{"service", service},
          {"peer", TextOrNull(tally.peer)},
          {"sent", tally.sent},
          {"answered", tally.round_trips_ms.size()},
          {"min_ms", any ? Json(tally.Least()) : Json()},
          {"avg_ms", any ? Json(tally.Mean()) : Json()},
          {"max_ms", any ? Json(tally.Most()) : Json()},
          {"error", TextOrNull(tally.error)}};
}

}  // namespace

int RunPing(const Options& options) {
  const SlashPair target = SplitAtSlash(options.arguments.front());
  auto edge = FindDaemon(options, target.first);
  auto count = config::ParseCount(options.Value("--count").value_or(std::to_string(kDefaultCount)));
  if (!edge) return Complain(edge.error().message);
  if (!count || *count < 1 || *count > kMaxCount) {
    Complain("--count: a number from 1 is expected");
    return kExitUsage;
  }

  auto talk = Talk::Connect(edge->socket_path);
  if (!talk) return Complain(Explain(*edge, talk.error()));
  Tally tally;
  while (tally.sent < *count) {
    if (tally.sent > 0) ::usleep(static_cast<useconds_t>(kInterval.count()) * 1000);
    if (!PingOnce(*talk, target.second, options.json, tally)) break;
  }

  options.json ? PrintJson(AsJson(tally, target.first)) : PrintTally(tally);
  if (tally.round_trips_ms.size() == static_cast<std::size_t>(tally.sent)) return kExitOk;
  return Complain(edge->name + ": " + tally.error);
}

}  // namespace funnel::ctl
