#include "common/module/module_file.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "common/base/text.h"
#include "common/base/unique_fd.h"
#include "common/module/elf_check.h"

namespace funnel::module {
namespace {

constexpr std::string_view kSuffix = ".so";

std::unexpected<NotLoaded> Unusable(std::string reason) {
  return std::unexpected(NotLoaded{.missing = false, .reason = std::move(reason)});
}

// Says who besides OWNER could change it; "": nobody.
std::string WhoElseWrites(const struct stat& status, uid_t owner) {
  if (status.st_uid != owner)
    return owner == 0 ? "does not belong to root" : "belongs to another user";
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "can be written by others than its owner";
  return "";
}

// Opens the file, and checks it.
std::expected<UniqueFd, NotLoaded> OpenChecked(const std::string& folder, const std::string& file,
                                               uid_t owner) {
  const UniqueFd at(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!at) {
    const int error = errno;
    return std::unexpected(
        NotLoaded{.missing = error == ENOENT, .reason = FailErrno(folder, error).error().message});
  }
  struct stat status{};
  if (fstat(at.get(), &status) != 0) return Unusable(FailErrno(folder).error().message);
  if (const std::string who = WhoElseWrites(status, owner); !who.empty())
    return Unusable(folder + ' ' + who);

  const std::string path = folder + '/' + file;
  // A pipe of that name must not make us wait.
  UniqueFd fd(openat(at.get(), file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) {
    const int error = errno;
    if (error == ELOOP) return Unusable(path + " is a symbolic link");
    return std::unexpected(
        NotLoaded{.missing = error == ENOENT, .reason = FailErrno(path, error).error().message});
  }
  if (fstat(fd.get(), &status) != 0) return Unusable(FailErrno(path).error().message);
  if (!S_ISREG(status.st_mode)) return Unusable(path + " is no regular file");
  if (const std::string who = WhoElseWrites(status, owner); !who.empty())
    return Unusable(path + ' ' + who);
  return fd;
}

}  // namespace

const char* const kModuleFolder = FUNNEL_MODULE_FOLDER;

std::string CheckTable(const struct funnel_module& table, std::string_view name) {
  if (table.abi != FUNNEL_MODULE_ABI)
    return "was built for module ABI " + std::to_string(table.abi) + ", and this is " +
           std::to_string(FUNNEL_MODULE_ABI);
  if (table.size != sizeof(table) || table.verdict_size != sizeof(funnel_verdict) ||
      table.datagram_size != sizeof(funnel_datagram))
    return "was built with another modules/module.h";
  if (table.name == nullptr || table.name != name) return "calls itself by another name";
  if (table.summary == nullptr || table.configure == nullptr || table.release == nullptr)
    return "lacks a function or its summary";

  const bool any = table.open != nullptr || table.close != nullptr || table.read != nullptr;
  const bool all = table.open != nullptr && table.close != nullptr && table.read != nullptr;
  if (any != all) return "lacks one of open, close and read";
  if (!any && table.datagram == nullptr) return "is neither for connections nor for datagrams";
  if (any && (table.head_max == 0 || table.head_max > FUNNEL_HEAD_MAX))
    return "has a head_max out of range";
  return "";
}

std::string CheckHalf(const struct funnel_module& table, bool datagrams) {
  if (datagrams) return table.datagram == nullptr ? "is for connections only" : "";
  return table.read == nullptr ? "is for datagrams only" : "";
}

std::expected<const struct funnel_module*, NotLoaded> LoadModule(const std::string& folder,
                                                                 std::string_view name,
                                                                 uid_t owner) {
  const std::string file = std::string(name) + std::string(kSuffix);
  const std::string path = folder + '/' + file;
  UniqueFd fd = TRY(OpenChecked(folder, file, owner));
  if (auto fits = CheckElf(fd.get()); !fits) return Unusable(path + ' ' + fits.error().message);

  void* library =
      dlopen(("/proc/self/fd/" + std::to_string(fd.get())).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return Unusable(path + ": " + EscapeForLog(dlerror(), 300));
  (void)fd.release();
  const auto* table = static_cast<const struct funnel_module*>(dlsym(library, "funnel_module"));
  if (table == nullptr) return Unusable(path + " exports no funnel_module");
  if (const std::string wrong = CheckTable(*table, name); !wrong.empty())
    return Unusable(path + ' ' + wrong);
  return table;
}

Result<std::vector<std::string>> ListModules(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> at(opendir(folder.c_str()), &closedir);
  std::vector<std::string> names;
  if (!at) {
    if (errno == ENOENT) return names;
    return FailErrno(folder);
  }

  while (const dirent* entry = readdir(at.get())) {
    std::string name = entry->d_name;
    if (name.size() <= kSuffix.size() || !name.ends_with(kSuffix) || name.starts_with('.'))
      continue;
    name.resize(name.size() - kSuffix.size());
    names.push_back(std::move(name));
  }

  std::ranges::sort(names);
  return names;
}

}  // namespace funnel::module
