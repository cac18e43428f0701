// Drop-ins in a folder, as systemd looks for them.
#pragma once

#include <string>

#include "common/base/error.h"
#include "units/generator/drop_ins.h"

namespace funnel::generator {

// DIRECTORY/UNIT.d/50-funnel.conf; DIRECTORY/UNIT for one that is written whole (exec_units.h).
[[nodiscard]] std::string DropInPath(const std::string& directory, const std::string& unit);
// Empty if there is none.
[[nodiscard]] std::string ReadDropIn(const std::string& directory, const std::string& unit);
[[nodiscard]] Result<> WriteDropIn(const std::string& directory, const DropIn& drop_in);

}  // namespace funnel::generator
