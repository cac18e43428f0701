// What systemd must know about one service: drop-ins for the instance's socket and service, so that
// a port is written only once, in services.d/NAME.ini.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/config/read/service_files.h"

namespace funnel::generator {

// The drop-ins' file name: an administrator's 60-x.conf takes precedence over it.
inline constexpr std::string_view kDropInName = "50-funnel.conf";

struct DropIn {
  std::string unit;  // "funnel-udpd@dns.socket"; or a whole unit (exec_units.h)
  std::string text;
};

// "funnel-udpd@dns"; KIND is "socket" or "service".
[[nodiscard]] std::string UnitName(const config::ServiceConfig& service, std::string_view kind);

// Empty if protocol, role or address cannot be read from the file. Other mistakes in the file do
// not matter here: a running socket must not lose its port because a timeout is misspelt.
// RESOLV_CONF names the name servers, to which a service that connects to names may send, too.
[[nodiscard]] std::vector<DropIn> MakeDropIns(const config::ServiceFile& file,
                                              const std::string& resolv_conf = "/etc/resolv.conf");

}  // namespace funnel::generator
