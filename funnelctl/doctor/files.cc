// Configuration and the folders that Funnel trusts.
#include <sys/stat.h>

#include <cstring>

#include "funnelctl/doctor/checks.h"

namespace funnel::ctl::doctor {
namespace {

std::string Count(std::size_t count, std::string one) {
  return std::to_string(count) + ' ' + one + (count == 1 ? "" : "s");
}

struct Folder {
  std::string path;
  bool shared = false;  // several users keep files there, each only its own: sticky
  bool may_be_absent = false;
};

// What a stranger could do there, by its mode and owner.
Findings CheckFolder(const Folder& folder) {
  struct stat about{};
  if (stat(folder.path.c_str(), &about) != 0) {
    if (folder.may_be_absent) return {};
    return {Wrong(folder.path + ": " + std::strerror(errno),
                  "install the package, or systemd-tmpfiles --create funnel.conf")};
  }

  if (!S_ISDIR(about.st_mode)) return {Wrong(folder.path + " is no folder", "move it away")};
  if (about.st_uid != 0)
    return {Wrong(folder.path + " belongs to uid " + std::to_string(about.st_uid),
                  "chown root " + folder.path)};
  bool others_write = (about.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if (others_write && !(folder.shared && (about.st_mode & S_ISVTX) != 0)) {
    return {Wrong(folder.path + " can be written by others than root",
                  (folder.shared ? "chmod +t " : "chmod go-w ") + folder.path)};
  }

  return {};
}

}  // namespace

Findings CheckConfiguration(const Context& context) {
  if (const auto* configuration = context.configuration()) {
    return {Ok(context.view.config_dir + ": node " + configuration->node.name + ", " +
               Count(configuration->peers.size(), "peer") + ", " +
               Count(configuration->services.size(), "service"))};
  }
  Findings out;
  for (const config::Mistake& mistake : context.mistakes)
    out.push_back(
        Wrong(mistake.Print(), mistake.line > 0 ? "correct that line" : "correct that file"));
  return out;
}

Findings CheckDirectories(const Context& context) {
  const std::string& etc = context.view.config_dir;
  const std::string& run = context.run_dir;
  Findings out;
  for (const Folder& folder :
       {Folder{etc}, Folder{etc + "/peers.d", false, true},
        Folder{etc + "/services.d", false, true}, Folder{run},
        Folder{run + "/service", false, true}, Folder{run + "/edge", false, true},
        Folder{run + "/counters", true}}) {
    Findings found = CheckFolder(folder);
    out.insert(out.end(), found.begin(), found.end());
  }

  if (out.empty()) out.push_back(Ok(etc + " and " + run + " can be changed by root only"));
  return out;
}

}  // namespace funnel::ctl::doctor
