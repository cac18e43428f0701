#include "common/ipc/names.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

namespace funnel::ipc::names {
namespace {

// How much space one entry may need: a group lists all its members.
constexpr std::size_t kLeastSpace = std::size_t{16} * 1024, kMostSpace = std::size_t{64} << 20;
// Linux's limit for the groups of a process (NGROUPS_MAX).
constexpr std::size_t kMostGroups = 65536;
// How many users are kept; beyond that the table is emptied.
constexpr std::size_t kMostUsers = 4096;

struct User {
  std::string name;
  std::vector<gid_t> groups;
};
struct Group {
  bool known = false;
  std::optional<gid_t> number;
};

struct Table {
  std::mutex mutex;
  std::map<uid_t, User> users;
  std::map<std::string, Group, std::less<>> groups;
};

// Never destroyed: a thread may still be waiting for an answer when the process ends.
Table& TheTable() {
  static Table* const table = new Table;
  return *table;
}

// Calls ASK(space), with more space each time it returns ERANGE.
template <typename Ask>
int WithSpace(Ask&& ask) {
  int error = ERANGE;
  for (std::size_t size = kLeastSpace; error == ERANGE && size <= kMostSpace; size *= 4) {
    std::vector<char> space(size);
    error = ask(space);
  }
  return error;
}

std::vector<gid_t> GroupsOf(const std::string& name, gid_t primary) {
  std::vector<gid_t> groups(64);
  for (;;) {
    int count = static_cast<int>(groups.size());
    if (::getgrouplist(name.c_str(), primary, groups.data(), &count) >= 0) {
      groups.resize(static_cast<std::size_t>(count));
      return groups;
    }
    if (groups.size() >= kMostGroups) return groups;
    groups.resize(std::max(groups.size() * 2, static_cast<std::size_t>(count)));
  }
}

// nullopt: the name service did not answer.
std::optional<User> AskForUser(uid_t uid, gid_t gid) {
  std::optional<User> user;
  const int error = WithSpace([&](std::vector<char>& space) {
    passwd entry{}, *found = nullptr;
    const int status = ::getpwuid_r(uid, &entry, space.data(), space.size(), &found);
    if (status == 0) user = User{found == nullptr ? "" : entry.pw_name, {}};
    return status;
  });
  if (error != 0) return std::nullopt;
  if (!user->name.empty()) user->groups = GroupsOf(user->name, gid);
  return user;
}

Group AskForGroup(const std::string& name) {
  Group group;
  const int error = WithSpace([&](std::vector<char>& space) {
    ::group entry{}, *found = nullptr;
    const int status = ::getgrnam_r(name.c_str(), &entry, space.data(), space.size(), &found);
    if (status == 0 && found != nullptr) group.number = entry.gr_gid;
    return status;
  });
  group.known = error == 0;
  return group;
}

void Refresh(const std::string& name) {
  const Group group = AskForGroup(name);
  Table& table = TheTable();
  const std::lock_guard lock(table.mutex);
  if (group.known) table.groups[name] = group;
}

}  // namespace

void LookUp(uid_t uid, gid_t gid) {
  Table& table = TheTable();
  // The user comes first, because the local files know our own daemons.
  auto user = AskForUser(uid, gid);
  std::vector<std::string> watched;
  {
    const std::lock_guard lock(table.mutex);
    if (table.users.size() >= kMostUsers) table.users.clear();
    if (user) table.users.insert_or_assign(uid, *std::move(user));
    for (const auto& [name, group] : table.groups) watched.push_back(name);
  }
  for (const std::string& name : watched) Refresh(name);
}

std::optional<std::string> NameOf(uid_t uid) {
  Table& table = TheTable();
  const std::lock_guard lock(table.mutex);
  auto found = table.users.find(uid);
  if (found == table.users.end()) return std::nullopt;
  return found->second.name;
}

std::optional<bool> IsMember(uid_t uid, gid_t group) {
  Table& table = TheTable();
  const std::lock_guard lock(table.mutex);
  auto found = table.users.find(uid);
  if (found == table.users.end()) return std::nullopt;
  return std::ranges::find(found->second.groups, group) != found->second.groups.end();
}

void Watch(std::string_view group) {
  Table& table = TheTable();
  const std::lock_guard lock(table.mutex);
  table.groups.emplace(group, Group{});
}

std::optional<gid_t> GroupOf(std::string_view name) {
  Table& table = TheTable();
  {
    const std::lock_guard lock(table.mutex);
    auto found = table.groups.find(name);
    if (found != table.groups.end()) return found->second.number;
    table.groups.emplace(name, Group{});
  }
  Refresh(std::string(name));
  const std::lock_guard lock(table.mutex);
  return table.groups.find(name)->second.number;
}

}  // namespace funnel::ipc::names
