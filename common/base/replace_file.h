// A small file that is there whole or as it was before, whatever happens, the machine's sudden end
// included.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"

namespace funnel {

// Writes PATH.new, and puts it in PATH's place once it is on the disk. Both it and the folder are
// flushed, so it may take as long as the disk does. Mode 0600.
[[nodiscard]] Result<> ReplaceFile(const std::string& path, std::string_view text);

}  // namespace funnel
