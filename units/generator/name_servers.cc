#include "units/generator/name_servers.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "common/base/socket_address.h"
#include "common/config/address.h"

namespace funnel::generator {

std::vector<std::string> ReadNameServers(const std::string& path) {
  std::vector<std::string> out;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word, address;
    if (!(words >> word >> address) || word != "nameserver") continue;
    address = config::WithoutZone(address);
    if (!SocketAddress::FromLiteral(address, 0)) continue;
    if (std::ranges::find(out, address) == out.end()) out.push_back(address);
  }
  return out;
}

}  // namespace funnel::generator
