// Loads modules: shared objects, checked before anything of them runs.
//
//   folder and file   the owner's (root's), and nobody else's to write; the file no symbolic link
//   the file          ELF of this machine; no executable stack, no text relocations, nothing to
//   write that
//                     is executed: what systemd's MemoryDenyWriteExecute forbids, which stays in
//                     force
//   its table         of our ABI, and complete
//
// What was checked is what is loaded, by its descriptor. Nothing is ever unloaded, nor are the
// descriptors closed: the dynamic linker takes one number for one file, and labels point into it.
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "modules/module.h"

namespace funnel::module {

// Where the package installs them.
extern const char* const kModuleFolder;

// Why a module is not there.
struct NotLoaded {
  bool missing = false;  // there is no such file; else it cannot be used
  std::string reason;
};

// OWNER: who must own folder and file; another than root in tests only.
[[nodiscard]] std::expected<const struct funnel_module*, NotLoaded> LoadModule(
    const std::string& folder, std::string_view name, uid_t owner = 0);

// The names of the files in FOLDER that could be modules, sorted. An error: the folder cannot be
// read. No folder: none.
[[nodiscard]] Result<std::vector<std::string>> ListModules(const std::string& folder);

// What is wrong with a module's table, by what a NAME.so must be; "": nothing.
[[nodiscard]] std::string CheckTable(const struct funnel_module& table, std::string_view name);

}  // namespace funnel::module
