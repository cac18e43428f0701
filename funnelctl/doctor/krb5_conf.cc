// The parts of krb5.conf that matter to us.
#include <krb5.h>
#include <profile.h>

#include "funnelctl/doctor/checks.h"

namespace funnel::ctl::doctor {
namespace {

struct Profile {
  profile_t handle = nullptr;
  Profile() {
    krb5_context context = nullptr;
    if (krb5_init_context(&context) != 0) return;
    if (krb5_get_profile(context, &handle) != 0) handle = nullptr;
    krb5_free_context(context);
  }
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;
  ~Profile() {
    if (handle != nullptr) profile_release(handle);
  }
};

// The host of "kdc.example.net:88", "[::1]:88", "tcp/kdc:88".
std::string HostOf(std::string text) {
  if (std::size_t slash = text.find('/'); slash != std::string::npos) {
    if (text.starts_with("http")) return {};  // a proxy's URL
    text = text.substr(slash + 1);
  }
  if (text.starts_with('[')) return text.substr(1, text.find(']') - 1);
  return text.substr(0, text.find(':'));
}

}  // namespace

std::vector<std::string> KdcHosts(const std::string& realm) {
  Profile profile;
  std::vector<std::string> out;
  if (profile.handle == nullptr) return out;
  const char* names[] = {"realms", realm.c_str(), "kdc", nullptr};
  char** values = nullptr;
  if (profile_get_values(profile.handle, names, &values) != 0) return out;
  for (char** value = values; *value != nullptr; ++value)
    if (std::string host = HostOf(*value); !host.empty()) out.push_back(host);
  profile_free_list(values);
  return out;
}

Findings CheckCanonicalisation() {
  Profile profile;
  if (profile.handle == nullptr)
    return {Wrong("krb5.conf cannot be read", "correct it, or install krb5-config")};
  char* value = nullptr;
  profile_get_string(profile.handle, "libdefaults", "dns_canonicalize_hostname", nullptr, "true",
                     &value);
  std::string set = value != nullptr ? value : "true";
  profile_release_string(value);
  if (set == "false" || set == "no" || set == "0") return {Ok("dns_canonicalize_hostname = false")};
  return {Ok("dns_canonicalize_hostname = " + set + "; funnel-authd does not follow it")};
}

}  // namespace funnel::ctl::doctor
