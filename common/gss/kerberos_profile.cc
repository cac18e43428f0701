#include "common/gss/kerberos_profile.h"

#include <fcntl.h>
#include <krb5.h>
#include <profile.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/base/log.h"
#include "common/base/unique_fd.h"

namespace funnel::gss {
namespace {

constexpr std::string_view kSystemProfile = "/etc/krb5.conf";
constexpr std::string_view kPreferredEnctypes =
    "aes256-cts-hmac-sha384-192 aes128-cts-hmac-sha256-128 aes256-cts-hmac-sha1-96 "
    "aes128-cts-hmac-sha1-96";

// Whether the profile in force sets libdefaults.KEY.
Result<bool> HasDefault(const char* key) {
  krb5_context context = nullptr;
  if (auto code = krb5_init_context(&context); code != 0) {
    const char* message = krb5_get_error_message(nullptr, code);
    std::string text = message;
    krb5_free_error_message(nullptr, message);
    return Fail("krb5.conf: " + text);
  }

  profile_t profile = nullptr;
  bool has = false;
  if (krb5_get_profile(context, &profile) == 0) {
    const char* names[] = {"libdefaults", key, nullptr};
    char** values = nullptr;
    has = profile_get_values(profile, names, &values) == 0;
    if (has) profile_free_list(values);
    profile_release(profile);
  }

  krb5_free_context(context);
  return has;
}

Result<> WriteFile(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  UniqueFd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file) return FailErrno(fresh);
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return FailErrno(fresh);
  if (::rename(fresh.c_str(), path.c_str()) != 0) return FailErrno(path);
  return {};
}

// Makes a file that has no name and exists as long as the process.
Result<std::string> KeepInMemory(std::string_view text) {
  UniqueFd file(::memfd_create("krb5.conf", 0));
  if (!file) return FailErrno("memfd");
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return FailErrno("memfd");
  return "/proc/self/fd/" + std::to_string(file.release());
}

// It has only what we write at each start, so if it cannot be stored we continue without it.
Result<std::string> KeepLayer(const std::string& path, std::string_view text) {
  auto written = WriteFile(path, text);
  if (written) return path;
  Log(LogLevel::kWarning, "state-not-kept", written.error().message);
  return KeepInMemory(text);
}

}  // namespace

Result<> PrepareProfile(const std::string& state_dir) {
  std::string text =
      "# Written by funnel-authd at each start; a layer above krb5.conf, for funnel-authd alone.\n"
      "[libdefaults]\n"
      "  dns_canonicalize_hostname = false\n"
      "  rdns = false\n";
  const bool has_enctypes = TRY(HasDefault("permitted_enctypes"));
  if (!has_enctypes) text.append("  permitted_enctypes = ").append(kPreferredEnctypes).append("\n");
  const std::string layer = TRY(KeepLayer(state_dir + "/krb5.conf", text));
  const char* present = ::getenv("KRB5_CONFIG");
  const std::string below = present != nullptr ? present : std::string(kSystemProfile);
  ::setenv("KRB5_CONFIG", (layer + ":" + below).c_str(), /*overwrite=*/1);
  ::setenv("KRB5RCACHENAME", ("file2:" + state_dir + "/replay-cache").c_str(), /*overwrite=*/0);
  return {};
}

}  // namespace funnel::gss
