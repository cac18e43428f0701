#include "funnel-exec/start_command.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "common/base/printable.h"

namespace funnel::exec {
namespace {

std::string HomeFolder() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_dir : "/";
}

std::vector<std::string> EnvironmentFor(const config::ServiceConfig& service,
                                        const ipc::Exec& who) {
  std::vector<std::string> out{"PATH=/usr/local/bin:/usr/bin:/bin",
                               "FUNNEL_SERVICE=" + service.name.text(), "FUNNEL_PEER=" + who.peer,
                               "FUNNEL_PRINCIPAL=" + who.principal,
                               // The peer may write anything here.
                               "FUNNEL_USER=" + EscapeUnprintable(who.user)};
  if (const char* lang = std::getenv("LANG")) out.push_back(std::string("LANG=") + lang);
  if (const passwd* entry = ::getpwuid(::geteuid())) {
    const std::string name = entry->pw_name;
    out.insert(out.end(), {"HOME=" + std::string(entry->pw_dir), "USER=" + name, "LOGNAME=" + name,
                           "SHELL=" + std::string(entry->pw_shell)});
  }
  return out;
}

}  // namespace

Result<Child> StartCommand(const Wish& wish, const config::ServiceConfig& service,
                           const ipc::Exec& who) {
  auto environment = EnvironmentFor(service, who);
  if (wish.terminal) environment.push_back("TERM=" + wish.terminal->type);
  return Child::Start(wish.words, environment, HomeFolder(), wish.terminal);
}

}  // namespace funnel::exec
