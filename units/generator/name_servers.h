// The name servers of this machine, for the filter of a unit that connects to names.
#pragma once

#include <string>
#include <vector>

namespace funnel::generator {

// What the lines `nameserver` of PATH say (resolv.conf(5)), each once; lines that are none of an
// address are left out, and so is a zone. Empty: the file has none, or there is no file.
[[nodiscard]] std::vector<std::string> ReadNameServers(const std::string& path);

}  // namespace funnel::generator
