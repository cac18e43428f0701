#include "funnelctl/counter_owner.h"

#include <pwd.h>

#include <vector>

#include "common/ipc/credentials.h"

namespace funnel::ctl {
namespace {

// Empty: the service is not configured here, or no longer.
std::string UserFor(const config::Configuration& configuration, std::string_view file) {
  if (file == "funnel-authd") return configuration.node.authd_user;
  if (file == "funnel-sctpd") return configuration.node.sctpd_user;
  for (const std::string_view program : {"funnel-udpd@", "funnel-tcpd@"}) {
    if (!file.starts_with(program)) continue;
    const auto* service = configuration.FindService(file.substr(program.size()));
    if (service != nullptr) return service->edge_user;
  }
  return {};
}

std::string NameOf(uid_t uid) {
  std::vector<char> space(std::size_t{16} * 1024);
  passwd entry{}, *found = nullptr;
  ::getpwuid_r(uid, &entry, space.data(), space.size(), &found);
  return found != nullptr ? found->pw_name : "";
}

}  // namespace

metrics::OwnerCheck OwnersBy(const config::Configuration& configuration) {
  return [&configuration](const std::string& file, uid_t owner) -> Result<> {
    const std::string user = UserFor(configuration, file);
    if (owner == 0 || user.empty() || ipc::IsUser(owner, user)) return {};
    const std::string name = NameOf(owner);
    // A user that systemd makes for an edge exists only while the edge runs.
    const bool is_number = user.find_first_not_of("0123456789") == std::string::npos;
    if (name.empty() && !is_number) return {};
    return Fail("it belongs to " + (name.empty() ? "uid " + std::to_string(owner) : name) +
                ", not to " + user);
  };
}

}  // namespace funnel::ctl
