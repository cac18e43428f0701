#include "units/generator/daemon_reload.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace funnel::generator {

Result<> DaemonReload() {
  char program[] = "systemctl";
  char argument[] = "daemon-reload";
  char* arguments[] = {program, argument, nullptr};
  pid_t child = 0;
  if (int error = ::posix_spawnp(&child, program, nullptr, nullptr, arguments, environ); error != 0)
    return FailErrno("systemctl", error);
  int status = 0;
  if (::waitpid(child, &status, 0) < 0) return FailErrno("systemctl");
  if (status != 0) return Fail("systemctl daemon-reload failed");
  return {};
}

}  // namespace funnel::generator
