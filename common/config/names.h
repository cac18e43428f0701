// Which text can be a user or a wire name, and when two names of nodes mean the same node.
#pragma once

#include <string>
#include <string_view>

namespace funnel::config {

// A user or group: a name that useradd(8) accepts, or a number.
[[nodiscard]] bool IsUser(std::string_view text);

// 1 to 63 printable ASCII characters without blanks. A leading `@` is reserved for Funnel's own
// names (@peer).
[[nodiscard]] bool IsLabel(std::string_view text);

// A protocol module's name, or that of an option of one: 1 to 63 of a to z, 0 to 9 and -.
[[nodiscard]] bool IsModuleName(std::string_view text);

// One spelling for all texts that mean one user: numbers without leading zeros.
[[nodiscard]] std::string UserKey(std::string_view text);

// Names of nodes compare as in DNS: upper and lower case are equal, and a dot at the end makes no
// difference. The name that goes on the wire, and that decides by order, is spelt as its own node
// does.
[[nodiscard]] bool SameNode(std::string_view a, std::string_view b);
// One spelling for all names that mean one node.
[[nodiscard]] std::string NodeKey(std::string_view name);

}  // namespace funnel::config
