#include "common/config/check/warnings.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <tuple>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/config/secret_file.h"

namespace funnel::config {
namespace {

namespace fs = std::filesystem;

constexpr std::uint16_t kFirstUnprivilegedPort = 1024;
constexpr std::string_view kNodeFile = "funnel.conf";
constexpr std::array<std::string_view, 2> kFolders{"services.d", "peers.d"};
constexpr std::array<std::string_view, 10> kLeftBehind{
    "~",       ".bak",     ".orig",     ".old",      ".disabled",
    ".rpmnew", ".rpmsave", ".dpkg-old", ".dpkg-new", ".dpkg-dist"};

bool IsLeftBehind(const std::string& name) {
  return name.starts_with('.') || name.starts_with('#') ||
         std::ranges::any_of(kLeftBehind, [&](auto suffix) { return name.ends_with(suffix); });
}

// The entries of FOLDER, without backups of editors and the like; empty if it cannot be listed.
std::vector<fs::directory_entry> EntriesOf(const std::string& folder) {
  std::vector<fs::directory_entry> out;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (!IsLeftBehind(at->path().filename())) out.push_back(*at);
  return out;
}

std::string Stem(const std::string& name) { return name.substr(0, name.find('.')); }

// Looks at the overrides of one file: only *.ini is read.
void LookAtOverrides(const std::string& folder, Mistakes& out) {
  for (const fs::directory_entry& entry : EntriesOf(folder)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".ini")) continue;
    out.push_back({entry.path(), 0,
                   "is not read: what overrides a file is called NAME.ini, such as " +
                       EscapeForLog(Stem(name)) + ".ini"});
  }
}

void LookAtUnits(const std::string& folder, Mistakes& out) {
  for (const fs::directory_entry& entry : EntriesOf(folder)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".ini")) continue;
    if (name.ends_with(".ini.d"))
      LookAtOverrides(entry.path(), out);
    else
      out.push_back({entry.path(), 0,
                     "is not read: the files here are called NAME.ini, such as " +
                         EscapeForLog(Stem(name)) + ".ini"});
  }
}

// Where KEY was written, and "KEY: TEXT".
Mistake DoubtAbout(const Origins& origins, std::string_view section, std::string_view key,
                   const std::string& text) {
  const Origin at = FindOrigin(origins, section, key);
  return {at.file, at.line, std::string(key) + ": " + text};
}

// What the kernel grants at most as the backlog of a listening socket; nullopt: it does not say.
std::optional<std::uint32_t> MostBacklog() {
  std::ifstream in("/proc/sys/net/core/somaxconn");
  std::uint32_t most = 0;
  return in >> most ? std::optional(most) : std::nullopt;
}

void LookAtBacklog(const ServiceConfig& service, Mistakes& out) {
  const bool written = service.origins.contains("service.listen-backlog");
  const auto most = written ? MostBacklog() : std::nullopt;
  if (!most || service.listen_backlog <= *most) return;
  out.push_back(DoubtAbout(
      service.origins, "service", "listen-backlog",
      "the kernel grants " + std::to_string(*most) + " at most (sysctl net.core.somaxconn)"));
}

// The edge's checks would fail, or others know its secret.
void LookAtSecret(const ServiceConfig& service, Mistakes& out) {
  if (service.check_secret_file.empty()) return;
  const auto doubt = FindSecretDoubt(service.check_secret_file);
  if (!doubt) return;
  out.push_back(DoubtAbout(service.origins, "connect", "check-secret-file", *doubt));
}

// Nothing would ever be connected to.
void LookAtTargets(const ServiceConfig& service, Mistakes& out) {
  if (service.protocol != Protocol::kSocks || service.role != Role::kConnect) return;
  for (const std::string_view key : {"networks", "ports"}) {
    if (service.origins.contains("connect." + std::string(key))) continue;
    out.push_back(DoubtAbout(service.origins, "connect", key,
                             "there are none, and so clients are connected to nothing"));
  }
}

// The folder that NAME was meant to be: "services.d" for "service", "services", "service.d". Empty:
// NAME is not like any.
std::string_view FolderLike(const std::string& name) {
  for (std::string_view folder : kFolders)
    if (name.starts_with(folder.substr(0, folder.size() - 3))) return folder;
  return {};
}

void LookAtTop(const std::string& directory, Mistakes& out) {
  for (const fs::directory_entry& entry : EntriesOf(directory)) {
    const std::string name = entry.path().filename();
    if (name == kNodeFile || std::ranges::find(kFolders, name) != kFolders.end()) continue;
    if (name == std::string(kNodeFile) + ".d") {
      LookAtOverrides(entry.path(), out);
      continue;
    }

    std::error_code ignored;
    const bool folder = entry.is_directory(ignored);
    std::string_view meant = FolderLike(name);
    if (folder && !meant.empty())
      out.push_back({entry.path(), 0, "is not read: the folder is called " + std::string(meant)});
    else if (!folder && name.ends_with(".ini"))
      out.push_back(
          {entry.path(), 0, "is not read: such a file belongs into services.d or peers.d"});
    else if (!folder && name.starts_with("funnel."))
      out.push_back({entry.path(), 0, "is not read: the file is called " + std::string(kNodeFile)});
  }
}

void LookAtSuites(const std::vector<std::uint16_t>& suites, const Origin& at, std::string_view key,
                  HasSuite has_suite, Mistakes& out) {
  std::string missing;
  std::size_t count = 0;
  for (std::uint16_t suite : suites) {
    if (has_suite(suite)) continue;
    missing += (count++ == 0 ? "" : " and ") + std::to_string(suite);
  }
  if (count == 0) return;
  out.push_back({at.file, at.line,
                 std::string(key) + ": this machine's OpenSSL is older than 3.5 and has no suite " +
                     missing +
                     (count == suites.size() ? ", and no other is configured: no channel comes up"
                                             : ", which is left out")});
}

}  // namespace

Mistakes FindMissingSuites(const Configuration& configuration, HasSuite has_suite) {
  Mistakes out;
  const NodeConfig& node = configuration.node;
  LookAtSuites(node.peer_suites, FindOrigin(node.origins, "node", "peer-suites"), "peer-suites",
               has_suite, out);
  for (const ServiceConfig& service : configuration.services)
    LookAtSuites(service.suites, FindOrigin(service.origins, "security", "suites"), "suites",
                 has_suite, out);
  return out;
}

void LogMissingSuites(const Configuration& configuration, HasSuite has_suite) {
  for (const Mistake& missing : FindMissingSuites(configuration, has_suite))
    Log(LogLevel::kWarning, "suites-missing", missing.Print(),
        {{"FILE", missing.file + ':' + std::to_string(missing.line)}});
}

Mistakes FindUnread(const LoadOptions& options) {
  Mistakes out;
  for (const std::string& directory : {options.defaults, options.directory}) {
    if (directory.empty()) continue;
    LookAtTop(directory, out);
    for (std::string_view folder : kFolders)
      LookAtUnits(directory + '/' + std::string(folder), out);
  }
  std::ranges::sort(out, {}, [](const Mistake& one) { return std::tie(one.file, one.line); });
  return out;
}

Mistakes FindDoubts(const Configuration& configuration, HasSuite has_suite) {
  Mistakes out = FindMissingSuites(configuration, has_suite);
  out.insert(out.end(), configuration.retired.begin(), configuration.retired.end());

  const SctpConfig& sctp = configuration.node.sctp;
  if (sctp.udp && sctp.udp_port < kFirstUnprivilegedPort) {
    out.push_back(
        DoubtAbout(configuration.node.origins, "sctp", "udp-port",
                   "funnel-sctpd's unit has no privilege, which a port below 1024 takes: see "
                   "EXAMPLES in funnel-sctpd(8), or take another port"));
  }

  for (const ServiceConfig& service : configuration.services) {
    LookAtBacklog(service, out);
    LookAtSecret(service, out);
    LookAtTargets(service, out);
    if (service.key_log_bytes == 0) continue;
    out.push_back(DoubtAbout(
        service.origins, "service", "key-log",
        "the keys of this service are written to a file, and whoever reads it can read and forge "
        "all that is carried: for finding a fault only"));
  }

  std::ranges::sort(out, {}, [](const Mistake& one) { return std::tie(one.file, one.line); });
  return out;
}

}  // namespace funnel::config
