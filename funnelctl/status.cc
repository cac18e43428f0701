// funnelctl status: asks both daemons, reads configuration and counters, and prints what it found.
#include <cstdio>

#include "funnelctl/command.h"
#include "funnelctl/look.h"

namespace funnel::ctl {

int RunStatus(const config::Options& options) {
  NodeView view = LookAtNode(options);
  std::string text = options.json ? RenderJson(view) : RenderText(view);
  std::fputs(text.c_str(), stdout);
  return view.sctpd.status && view.authd.status ? kExitOk : kExitFailed;
}

}  // namespace funnel::ctl
