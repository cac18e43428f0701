// Who the users are that connect: their names and groups, from the name service (NSS).
//
// A question to it may take as long as a directory server, or the tunnel to it, is away. So
// LookUp() is called off the loop (by ControlListener, before it hands a connection over), its
// result is kept for the whole process, and the questions below are answered from that. A user is
// looked up again at each connection, so that a changed group takes effect from then on.
//
// Any thread may call these.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace funnel::ipc::names {

// It may take long.
void LookUp(uid_t uid, gid_t gid);

// Empty: the user has no name. nullopt: it was not looked up.
[[nodiscard]] std::optional<std::string> NameOf(uid_t uid);
// nullopt: it was not looked up.
[[nodiscard]] std::optional<bool> IsMember(uid_t uid, gid_t group);
// The number of the group NAME. nullopt: there is no such group, or it has not been looked up yet.
// A group that nobody watches is looked up here, once.
[[nodiscard]] std::optional<gid_t> GroupOf(std::string_view name);
// From now on each LookUp() looks up this group, too. This call itself looks up nothing.
void Watch(std::string_view group);

}  // namespace funnel::ipc::names
