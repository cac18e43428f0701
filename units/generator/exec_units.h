// The units that start a service's command: a socket, and a service of which systemd starts one
// instance for each connection (Accept=yes). Both are written whole, and the service's name is in
// theirs: of a socket that is itself an instance, systemd would not pass the name on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "units/generator/drop_ins.h"

namespace funnel::generator {

// "funnel-exec-backup.socket"; KIND is ".socket" or "@.service".
[[nodiscard]] std::string ExecUnitName(const config::ServiceConfig& service, std::string_view kind);
[[nodiscard]] bool IsExecUnit(std::string_view unit);
// The file has [connect] exec and user.
[[nodiscard]] std::vector<DropIn> MakeExecUnits(const config::ServiceFile& file);

}  // namespace funnel::generator
