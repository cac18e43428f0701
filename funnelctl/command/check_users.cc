#include "funnelctl/command/check_users.h"

#include <map>

#include "common/config/check/check.h"
#include "funnelctl/doctor/users.h"

namespace funnel::ctl {

config::Mistakes FindSharedUsers(const config::Configuration& configuration) {
  std::map<uid_t, std::string> taken{{0, "root's"}};
  auto take = [&taken](const std::string& user, std::string whose) {
    auto found = doctor::FindUser(user);
    return found ? taken.emplace(found->uid, std::move(whose)) : std::pair{taken.end(), true};
  };

  take(configuration.node.sctpd_user, "funnel-sctpd's");
  take(configuration.node.authd_user, "funnel-authd's");
  config::Mistakes out;
  for (const config::ServiceConfig& service : configuration.services) {
    if (service.role == config::Role::kRelay) continue;
    auto [first, fresh] = take(service.edge_user, "service " + service.name.text() + "'s");
    if (fresh) continue;
    config::Report(service.origins, "service", "edge-user",
                   "edge-user: " + service.edge_user + " is uid " + std::to_string(first->first) +
                       " and " + first->second +
                       " already, whose keys it could get: give each a user "
                       "of its own",
                   out);
  }

  return out;
}

}  // namespace funnel::ctl
