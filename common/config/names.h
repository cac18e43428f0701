// Which text can be a user, a wire name; which names of nodes are one.
#pragma once

#include <string>
#include <string_view>

namespace funnel::config {

// A user or group as useradd(8) takes it, or its number.
[[nodiscard]] bool IsUser(std::string_view text);

// 1 to 63 printable ASCII characters without blanks. A leading `@` is for Funnel's own names
// (@peer).
[[nodiscard]] bool IsLabel(std::string_view text);

// A protocol module, or an option of one: 1 to 63 of a to z, 0 to 9 and -.
[[nodiscard]] bool IsModuleName(std::string_view text);

// The spelling that all those of one user have: numbers without leading zeros.
[[nodiscard]] std::string UserKey(std::string_view text);

// Names of nodes are the same as they are in DNS: whatever their case, with and without a dot at
// the end. What goes on the wire, and what decides by order, is the name as its own node writes it.
[[nodiscard]] bool SameNode(std::string_view a, std::string_view b);
// The spelling that all those of one node have.
[[nodiscard]] std::string NodeKey(std::string_view name);

}  // namespace funnel::config
