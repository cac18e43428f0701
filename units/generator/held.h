// The drop-ins with which the sockets that are up were started. At daemon-reload systemd closes a
// listening socket whose unit no longer names the address (but still calls the unit active), and
// installing any package causes a daemon-reload. So a changed or half-written file must not change
// the units of a running socket: the socket keeps what it has until it is started again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "units/generator/drop_ins.h"

namespace funnel::generator {

class Held {
 public:
  // DIRECTORY exists until the next boot, longer than daemon-reload's: /run/funnel/units.
  explicit Held(std::string directory) : directory_(std::move(directory)) {}

  // SOCKET ("funnel-udpd@dns.socket") is up, with the drop-ins that GENERATED has for it and for
  // its service.
  [[nodiscard]] Result<> Keep(std::string_view socket, const std::string& generated) const;
  // The socket is no longer up.
  void Drop(std::string_view socket) const;
  // All drop-ins that are kept, sorted by unit.
  [[nodiscard]] std::vector<DropIn> All() const;

 private:
  std::string directory_;
};

}  // namespace funnel::generator
