// "127.0.0.1:53", "[::1]:53" or "unix:/path" as a socket address, for the test programs.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "common/base/error.h"
#include "common/base/socket_address.h"

namespace funnel::tools {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};

[[nodiscard]] inline Result<Address> ParseAddress(const std::string& text) {
  Address address;
  if (text.starts_with("unix:")) {
    sockaddr_un local{.sun_family = AF_UNIX, .sun_path = {}};
    const std::string path = text.substr(5);
    if (path.size() >= sizeof local.sun_path) return Fail(path + ": too long");
    std::memcpy(local.sun_path, path.data(), path.size());
    std::memcpy(&address.storage, &local, sizeof local);
    address.size = sizeof local;
    return address;
  }
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return Fail(text + ": HOST:PORT is wanted");
  std::string host = text.substr(0, colon);
  if (host.starts_with("[") && host.ends_with("]")) host = host.substr(1, host.size() - 2);
  const auto port = static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 1));
  const auto parsed = SocketAddress::FromLiteral(host, port);
  if (!parsed) return Fail(text + ": not an address");
  std::memcpy(&address.storage, parsed->data(), parsed->size());
  address.size = parsed->size();
  return address;
}

}  // namespace funnel::tools
