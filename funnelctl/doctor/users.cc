// Users, and whether each edge has one of its own.
#include "funnelctl/doctor/users.h"

#include <pwd.h>

#include <charconv>
#include <map>
#include <vector>

#include "funnelctl/doctor/checks.h"

namespace funnel::ctl::doctor {

Result<User> FindUser(const std::string& name) {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  uid_t number = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size()) {
    getpwuid_r(number, &entry, buffer.data(), buffer.size(), &found);
    return found != nullptr ? User{entry.pw_uid, entry.pw_gid} : User{number, number};
  }
  getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return Fail("there is no user " + name);
  return User{entry.pw_uid, entry.pw_gid};
}

// The configuration's own check compares the names as they are spelt: it looks up none.
Findings CheckEdgeUsers(const Context& context) {
  std::map<uid_t, const config::ServiceConfig*> taken;
  Findings out;
  for (const config::ServiceConfig& service : context.configuration()->services) {
    if (service.role == config::Role::kRelay) continue;
    auto user = FindUser(service.edge_user);
    if (!user) continue;  // systemd makes it while the edge runs
    auto [first, fresh] = taken.emplace(user->uid, &service);
    if (fresh) continue;
    out.push_back(Wrong("the edges of " + first->second->name.text() + " (edge-user " +
                            first->second->edge_user + ") and " + service.name.text() + " (" +
                            service.edge_user + ") are one user, uid " + std::to_string(user->uid) +
                            ": each could get the other's keys",
                        "another [service] edge-user for one of them"));
  }

  if (out.empty()) out.push_back(Ok("each edge has a user of its own"));
  return out;
}

}  // namespace funnel::ctl::doctor
