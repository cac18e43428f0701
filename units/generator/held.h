// What the sockets that are up were started with. systemd closes a listening socket at
// daemon-reload when its unit no longer names the address (and calls the unit active all the same),
// and any package's installation is a daemon-reload. So a changed or half-written file must not
// change the units of a running socket: it keeps what it has until it is started again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "units/generator/drop_ins.h"

namespace funnel::generator {

class Held {
 public:
  // DIRECTORY outlives daemon-reload, not the boot: /run/funnel/units.
  explicit Held(std::string directory) : directory_(std::move(directory)) {}

  // SOCKET ("funnel-udpd@dns.socket") is up, with the drop-ins that GENERATED has for it and for
  // its service.
  [[nodiscard]] Result<> Keep(std::string_view socket, const std::string& generated) const;
  // It is not.
  void Drop(std::string_view socket) const;
  // All that is kept, sorted by unit.
  [[nodiscard]] std::vector<DropIn> All() const;

 private:
  std::string directory_;
};

}  // namespace funnel::generator
