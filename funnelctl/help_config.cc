// funnelctl help-config: the table that the daemons parse by, as text.
#include <cstdio>

#include "common/config/help.h"
#include "funnelctl/command.h"

namespace funnel::ctl {

int RunHelpConfig(const config::Options& /*options*/) {
  std::fputs(config::HelpForKeys().c_str(), stdout);
  return kExitOk;
}

}  // namespace funnel::ctl
