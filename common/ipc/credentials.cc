#include "common/ipc/credentials.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include <charconv>
#include <memory>
#include <vector>

#include "common/base/unique_fd.h"
#include "common/ipc/names.h"

namespace funnel::ipc {
namespace {

constexpr std::string_view kUnitPrefix = "funnel-";
// One read of this size gets /proc/PID/status far beyond its Uid line.
constexpr std::size_t kStatusSize = 2048;

std::optional<unsigned> Number(std::string_view text) {
  unsigned value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The effective uid of the process that has this pid now. The owner of /proc/PID will not do: it is
// root if the process may not be dumped.
Result<uid_t> EffectiveUid(pid_t pid) {
  std::string path = "/proc/" + std::to_string(pid) + "/status";
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return FailErrno("cannot read " + path);
  char text[kStatusSize];
  ssize_t size = ::read(fd.get(), text, sizeof text - 1);
  if (size < 0) return FailErrno("cannot read " + path);
  text[size] = '\0';
  std::string_view rest(text, static_cast<std::size_t>(size));
  auto line = rest.find("\nUid:\t");
  unsigned real = 0, effective = 0;
  if (line == std::string_view::npos ||
      ::sscanf(text + line, "\nUid:\t%u\t%u", &real, &effective) != 2)
    return Fail(path + " does not say the uid");
  return effective;
}

std::string UnitOfPeer(int fd) {
  char* unit = nullptr;
  if (sd_booted() <= 0 || sd_peer_get_unit(fd, &unit) < 0) return {};
  std::unique_ptr<char, decltype(&::free)> owned(unit, &::free);
  return unit;
}

Result<> RequireUnit(const PeerCredentials& peer, std::initializer_list<std::string> allowed) {
  if (!UnitsAreEnforced()) return {};
  for (const std::string& unit : allowed)
    if (peer.unit == unit) return {};
  return Fail("process " + std::to_string(peer.pid) + " runs in the unit '" + peer.unit +
              "', not in " + *allowed.begin());
}

Result<> RequireUser(const PeerCredentials& peer, std::string_view user) {
  if (IsUser(peer.uid, user)) return {};
  return Fail("process " + std::to_string(peer.pid) + " has uid " + std::to_string(peer.uid) +
              ", not that of " + std::string(user));
}

Result<> RequireGroup(const PeerCredentials& peer, std::string_view group) {
  if (peer.uid == 0 || peer.uid == ::geteuid() || IsInGroup(peer, group)) return {};
  return Fail("uid " + std::to_string(peer.uid) + " is not in the group " + std::string(group));
}

}  // namespace

Result<PeerCredentials> ReadPeerCredentials(int fd) {
  ucred raw{};
  socklen_t size = sizeof raw;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &raw, &size) < 0)
    return FailErrno("cannot find out who is at the other end");
  PeerCredentials peer{raw.pid, raw.uid, raw.gid, UnitOfPeer(fd)};
  // This comes last, so that the unit was still that of the process which connected.
  uid_t now = TRY(EffectiveUid(peer.pid));
  if (now != peer.uid)
    return Fail("process " + std::to_string(peer.pid) + " is not the one that connected");
  return peer;
}

bool UnitsAreEnforced() {
  static const bool enforced = [] {
    char* unit = nullptr;
    if (sd_booted() <= 0 || sd_pid_get_unit(0, &unit) < 0) return false;
    std::unique_ptr<char, decltype(&::free)> owned(unit, &::free);
    return std::string_view(unit).starts_with(kUnitPrefix);
  }();
  return enforced;
}

bool IsUser(uid_t uid, std::string_view name) {
  if (auto number = Number(name)) return uid == *number;
  if (auto known = names::NameOf(uid)) return !known->empty() && *known == name;
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> space(16 * 1024);
  return ::getpwnam_r(std::string(name).c_str(), &entry, space.data(), space.size(), &found) == 0 &&
         found != nullptr && entry.pw_uid == uid;
}

bool IsInGroup(const PeerCredentials& peer, std::string_view name) {
  std::optional<gid_t> wanted = Number(name);
  if (!wanted) wanted = names::GroupOf(name);
  if (!wanted) return false;
  if (peer.gid == *wanted) return true;
  auto member = names::IsMember(peer.uid, *wanted);
  if (!member) {
    names::LookUp(peer.uid, peer.gid);
    member = names::IsMember(peer.uid, *wanted);
  }
  return member.value_or(false);
}

Result<> RequireEdge(const PeerCredentials& peer, const ServiceName& service,
                     std::string_view edge_user) {
  TRY(RequireUser(peer, edge_user));
  return RequireUnit(peer, {"funnel-udpd@" + service.text() + ".service",
                            "funnel-tcpd@" + service.text() + ".service"});
}

Result<> RequireSctpd(const PeerCredentials& peer, std::string_view sctpd_user) {
  TRY(RequireUser(peer, sctpd_user));
  return RequireUnit(peer, {"funnel-sctpd.service"});
}

Result<> RequireReader(const PeerCredentials& peer, std::string_view read_group) {
  return RequireGroup(peer, read_group);
}

Result<> RequireAdmin(const PeerCredentials& peer, std::string_view admin_group) {
  return RequireGroup(peer, admin_group);
}

}  // namespace funnel::ipc
