// funnelctl status: asks both daemons, reads configuration and counters, and prints what it found.
#include "funnelctl/command.h"
#include "funnelctl/look.h"
#include "funnelctl/print.h"

namespace funnel::ctl {

int RunStatus(const config::Options& options) {
  NodeView view = LookAtNode(options);
  PrintText(options.json ? RenderJson(view) : RenderText(view));
  return view.sctpd.status && view.authd.status ? kExitOk : kExitFailed;
}

}  // namespace funnel::ctl
