// funnelctl metrics: prints the counters of all daemons for Prometheus. It needs no configuration
// (if there is one, counter files must belong to its users). It asks only funnel-sctpd, if that
// runs, about the paths to peers.
#include <algorithm>
#include <csignal>
#include <ctime>

#include "common/config/read/load.h"
#include "funnelctl/ask.h"
#include "funnelctl/command.h"
#include "funnelctl/counter_owner.h"
#include "funnelctl/metrics/families.h"
#include "funnelctl/metrics/http.h"
#include "funnelctl/print.h"

namespace funnel::ctl {
namespace {

// A scrape does not wait for a daemon that is busy.
constexpr std::chrono::milliseconds kAskWait{1000};

// Nothing if we may not ask, as the unit that serves HTTP may not: everything else is there.
std::vector<AssociationStatus> AskAssociations(
    const Options& options, const std::vector<metrics::CounterFileEntry>& files) {
  // Asking one that does not run would start it.
  const bool runs = std::ranges::any_of(files, [](const metrics::CounterFileEntry& entry) {
    return entry.file == "funnel-sctpd" && entry.snapshot && entry.snapshot->alive;
  });
  if (!runs) return {};
  const auto answer = Ask({SctpdSocket(options), "status"}, kAskWait);
  auto status = answer ? ParseSctpdStatus(*answer) : std::unexpected(answer.error());
  return status ? std::move(status->associations) : std::vector<AssociationStatus>();
}

struct Collected {
  std::vector<Family> families;
  int status = kExitOk;
};

Collected Collect(const Options& options) {
  // In the sandbox of its unit it cannot see any configuration.
  auto configuration = config::Load({options.config_dir, options.defaults_dir});
  auto found =
      metrics::ReadCounterFolder(options.RunPath("counters"),
                                 configuration ? OwnersBy(*configuration) : metrics::OwnerCheck());
  const std::int64_t now = std::time(nullptr);
  if (found) return {CollectFamilies(*found, now, AskAssociations(options, *found))};
  // Our own families are right even without them.
  return {CollectFamilies({}, now), Complain(found.error().message)};
}

int Serve(const Options& options) {
  // A client that goes away shows as an error of write(2), and must not end us.
  std::signal(SIGPIPE, SIG_IGN);
  auto served =
      ServeHttp(0, 1, HttpLimits{}, [&] { return RenderExposition(Collect(options).families); });
  return served ? kExitOk : Complain(served.error().message);
}

}  // namespace

int RunMetrics(const Options& options) {
  if (options.Has("--http")) return Serve(options);
  if (options.Has("--list")) {
    auto families = CollectFamilies({}, 0);
    PrintText(options.json ? RenderFamiliesJson(families) : RenderFamilyList(families));
    return kExitOk;
  }
  Collected collected = Collect(options);
  PrintText(options.json ? RenderFamiliesJson(collected.families)
                         : RenderExposition(collected.families));
  return collected.status;
}

}  // namespace funnel::ctl
