// funnelctl status: asks both daemons, reads configuration and counters, and prints what it found.
#include "funnelctl/command.h"
#include "funnelctl/look.h"
#include "funnelctl/print.h"

namespace funnel::ctl {

int RunStatus(const Options& options) {
  NodeView view = LookAtNode(options);
  PrintText(options.json ? RenderJson(view) : RenderText(view));
  if (!view.sctpd.status || !view.authd.status) return kExitUnknown;
  return FindProblems(view).empty() ? kExitOk : kExitFailed;
}

}  // namespace funnel::ctl
