// Who the users are that connect: their names and groups, as the name service (NSS) has them.
//
// Asking it may take as long as a directory server, or the tunnel to it, is away. So LookUp() is
// called off the loop (ControlListener does, before a connection is handed over), what it learns is
// kept for the whole process, and the questions below are answered from that. A user is looked up
// again at each connection, so that a changed group counts from then on.
//
// Any thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace funnel::ipc::names {

// May take long.
void LookUp(uid_t uid, gid_t gid);

// Empty: it has none. nullopt: not looked up.
[[nodiscard]] std::optional<std::string> NameOf(uid_t uid);
// nullopt: not looked up.
[[nodiscard]] std::optional<bool> IsMember(uid_t uid, gid_t group);
// The number of a group by its name. nullopt: there is no such group, or it has not been looked up
// yet. One that nobody watches is asked for here, once.
[[nodiscard]] std::optional<gid_t> GroupOf(std::string_view name);
// From now on each LookUp() looks up this group too. Asks nobody.
void Watch(std::string_view group);

}  // namespace funnel::ipc::names
