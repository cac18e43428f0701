// The keytabs: who may read them, and which keys they have.
#include <grp.h>
#include <sys/stat.h>

#include <cstring>
#include <map>

#include "funnelctl/doctor/checks.h"
#include "funnelctl/doctor/krb.h"
#include "funnelctl/doctor/users.h"
#include "funnelctl/words.h"

namespace funnel::ctl::doctor {
namespace {

// Users other than USER who are in the group by /etc/group.
std::string OtherMembers(gid_t gid, const std::string& user) {
  std::vector<char> buffer(65536);
  group entry{};
  group* found = nullptr;
  getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found);
  std::string out;
  if (found == nullptr) return out;
  for (char** member = entry.gr_mem; *member != nullptr; ++member)
    if (user != *member) out += (out.empty() ? "" : ", ") + std::string(*member);
  return out;
}

std::string Octal(mode_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", mode & 07777);
  return text;
}

// Fails if anybody except USER, called NAME, and root may read or change the file.
Result<> RequirePrivate(const struct stat& about, const User& user, const std::string& name) {
  bool own = about.st_uid == user.uid;
  bool group = about.st_gid == user.gid;
  if (about.st_mode & S_IRWXO) return Fail("everybody may use it");
  if (about.st_uid != 0 && !own) return Fail("it belongs to uid " + std::to_string(about.st_uid));
  if ((about.st_mode & S_IRWXG) && !group && about.st_gid != 0)
    return Fail("group " + std::to_string(about.st_gid) + " may use it");
  if (about.st_mode & (S_IWGRP | S_IXGRP)) return Fail("its group may change it");

  bool readable =
      (own && (about.st_mode & S_IRUSR)) || (group && (about.st_mode & S_IRGRP)) || user.uid == 0;
  if (!readable) return Fail(name + " cannot read it");
  if (std::string others = OtherMembers(about.st_gid, name); group && !others.empty())
    return Fail("its group has more members: " + others);
  return {};
}

}  // namespace

Findings CheckKeytabFile(const std::string& path, const std::string& authd_user) {
  auto user = FindUser(authd_user);
  if (!user) return {Wrong(user.error().message, "systemd-sysusers, or [node] authd-user")};
  struct stat about{};
  if (lstat(path.c_str(), &about) != 0)
    return {Wrong(path + ": " + std::strerror(errno),
                  "put the keys of this node's identities there (kadmin: ktadd -k " + path + ")")};
  if (!S_ISREG(about.st_mode)) return {Wrong(path + " is no regular file", "put a file there")};
  auto is_private = RequirePrivate(about, *user, authd_user);
  if (is_private)
    return {Ok(path + ": mode " + Octal(about.st_mode) + ", read by " + authd_user + " only")};
  return {Wrong(path + ": " + is_private.error().message + " (mode " + Octal(about.st_mode) +
                    ", owner " + std::to_string(about.st_uid) + ':' + std::to_string(about.st_gid) +
                    ")",
                "chown root:" + std::to_string(user->gid) + ' ' + path + " && chmod 0640 " + path)};
}

Findings CheckKeytabKeys(const std::string& path) {
  auto session = Session::Open();
  if (!session) return {Wrong(session.error().message, "correct krb5.conf")};
  auto keys = ReadKeytab(*session, path);
  if (!keys) return {Wrong(Shown(keys.error().message), "write it again (kadmin: ktadd)")};
  std::map<std::string, std::string> lines;
  std::string weak;

  for (const KeytabKey& key : *keys) {
    std::string& line = lines[key.principal];
    line += (line.empty() ? "" : ", ") + ("kvno " + std::to_string(key.kvno)) + ' ' +
            EnctypeName(key.enctype);
    if (IsWeak(key.enctype))
      weak += (weak.empty() ? "" : ", ") + Shown(key.principal) + ' ' + EnctypeName(key.enctype);
  }

  Findings out;
  for (const auto& [principal, line] : lines) {
    out.push_back(Ok(Shown(principal) + ": " + line));
    out.back().subject = path;
  }

  if (lines.empty()) out.push_back(Wrong("no key in it", "kadmin: ktadd -k " + path));
  if (!weak.empty())
    out.push_back(Wrong("weak keys: " + weak,
                        "change them: kadmin: cpw -randkey -e aes256-cts:normal; ktadd"));
  return out;
}

}  // namespace funnel::ctl::doctor
