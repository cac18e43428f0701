// Loads modules: shared objects, checked before anything of them runs.
//
//   folder and file   the owner's (root's), and nobody else's to write; the file no symbolic link
//   the file          ELF of this machine; no executable stack, no text relocations, nothing to
//   write that
//                     is executed: what systemd's MemoryDenyWriteExecute forbids, which stays in
//                     force
//   its table         of our ABI, and complete
//
// The file that was checked is the one that is loaded, by its descriptor. Nothing is ever unloaded,
// and the descriptors stay open: the dynamic linker takes the same number for the same file, and
// labels point into the module.
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "modules/module.h"

namespace funnel::module {

// The folder into which the package installs them.
extern const char* const kModuleFolder;

// Why a module is not loaded.
struct NotLoaded {
  bool missing = false;  // there is no such file; otherwise it cannot be used
  std::string reason;
};

// OWNER must own folder and file; only tests use another one than root.
[[nodiscard]] std::expected<const struct funnel_module*, NotLoaded> LoadModule(
    const std::string& folder, std::string_view name, uid_t owner = 0);

// The names of the files in FOLDER that could be modules, sorted. An error: the folder cannot be
// read. If there is no folder the list is empty.
[[nodiscard]] Result<std::vector<std::string>> ListModules(const std::string& folder);

// What is wrong with the table of a module in NAME.so; "": nothing.
[[nodiscard]] std::string CheckTable(const struct funnel_module& table, std::string_view name);
// Why a module with TABLE is not for a service that carries DATAGRAMS, or else connections; "": it
// is.
[[nodiscard]] std::string CheckHalf(const struct funnel_module& table, bool datagrams);

}  // namespace funnel::module
