// funnelctl metrics: the counters of all daemons as Prometheus reads them. Needs no configuration
// (where there is one, counters must be of those users), asks no daemon.
#include <csignal>
#include <ctime>

#include "common/config/read/load.h"
#include "funnelctl/command.h"
#include "funnelctl/counter_owner.h"
#include "funnelctl/metrics/families.h"
#include "funnelctl/metrics/http.h"
#include "funnelctl/print.h"

namespace funnel::ctl {
namespace {

struct Collected {
  std::vector<Family> families;
  int status = kExitOk;
};

Collected Collect(const Options& options) {
  // In its unit's sandbox there is no configuration to be seen.
  auto configuration = config::Load({options.config_dir, options.defaults_dir});
  auto found =
      metrics::ReadCounterFolder(options.RunPath("counters"),
                                 configuration ? OwnersBy(*configuration) : metrics::OwnerCheck());
  if (found) return {CollectFamilies(*found, std::time(nullptr))};
  // What is said of ourselves is true without them.
  return {CollectFamilies({}, std::time(nullptr)), Complain(found.error().message)};
}

int Serve(const Options& options) {
  // A client that goes away is an error of write(2), not our end.
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
