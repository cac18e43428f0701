#include "funnelctl/doctor/krb.h"

#include <profile.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string_view>

#include "common/base/unique_fd.h"

namespace funnel::ctl::doctor {
namespace {

constexpr std::string_view kSystemProfile = "/etc/krb5.conf";
// udp_preference_limit is not changed, so that the doctor asks in the same way as funnel-authd.
constexpr std::string_view kLayer =
    "[libdefaults]\n  kdc_timesync = 1\n  dns_canonicalize_hostname = false\n  rdns = false\n";

std::string MessageOf(krb5_context context, krb5_error_code code) {
  const char* message = krb5_get_error_message(context, code);
  std::string out = message;
  krb5_free_error_message(context, message);
  return out;
}

Result<UniqueFd> MakeLayer() {
  UniqueFd file(memfd_create("krb5.conf", MFD_CLOEXEC));
  if (!file) return FailErrno("cannot make a layer for krb5.conf");
  if (write(file.get(), kLayer.data(), kLayer.size()) != static_cast<ssize_t>(kLayer.size()))
    return FailErrno("cannot write a layer for krb5.conf");
  return file;
}

// Makes the layer a file without a name. It is never closed, because libkrb5 looks at its files
// again.
Result<int> LayerFile() {
  static const Result<UniqueFd> file = MakeLayer();
  if (!file) return std::unexpected(file.error());
  return file->get();
}

}  // namespace

Result<Session> Session::Open() {
  int layer = TRY(LayerFile());
  const char* present = getenv("KRB5_CONFIG");
  std::string files = "/proc/self/fd/" + std::to_string(layer) + ':' +
                      (present != nullptr ? present : std::string(kSystemProfile));
  profile_t profile = nullptr;
  if (auto code = profile_init_path(files.c_str(), &profile); code != 0)
    return Fail("krb5.conf: " + MessageOf(nullptr, static_cast<krb5_error_code>(code)));
  krb5_context context = nullptr;
  auto code = krb5_init_context_profile(profile, 0, &context);
  profile_release(profile);
  if (code != 0) return Fail("krb5.conf: " + MessageOf(nullptr, code));
  return Session(context);
}

std::unexpected<Error> Session::Failed(const std::string& what, krb5_error_code code) const {
  return Fail(what + ": " + MessageOf(get(), code), static_cast<int>(code));
}

Result<KrbName> KrbName::Parse(const Session& session, const std::string& text) {
  krb5_principal name = nullptr;
  if (auto code = krb5_parse_name(session.get(), text.c_str(), &name); code != 0)
    return session.Failed(text, code);
  return KrbName(session.get(), name);
}

Result<std::vector<KeytabKey>> ReadKeytab(const Session& session, const std::string& path) {
  krb5_keytab keytab = nullptr;
  if (auto code = krb5_kt_resolve(session.get(), ("FILE:" + path).c_str(), &keytab); code != 0)
    return session.Failed(path, code);
  std::vector<KeytabKey> out;
  krb5_kt_cursor cursor{};
  auto code = krb5_kt_start_seq_get(session.get(), keytab, &cursor);

  if (code == 0) {
    krb5_keytab_entry entry{};
    while ((code = krb5_kt_next_entry(session.get(), keytab, &entry, &cursor)) == 0) {
      char* name = nullptr;
      if (krb5_unparse_name(session.get(), entry.principal, &name) == 0) {
        out.push_back({name, entry.vno, entry.key.enctype});
        krb5_free_unparsed_name(session.get(), name);
      }
      krb5_free_keytab_entry_contents(session.get(), &entry);
    }
    krb5_kt_end_seq_get(session.get(), keytab, &cursor);
  }

  krb5_kt_close(session.get(), keytab);
  if (code != KRB5_KT_END) return session.Failed(path, code);
  return out;
}

std::string EnctypeName(krb5_enctype enctype) {
  char name[64];
  if (krb5_enctype_to_name(enctype, /*shortest=*/0, name, sizeof name) != 0)
    return "enctype " + std::to_string(enctype);
  return name;
}

bool IsWeak(krb5_enctype enctype) {
  switch (enctype) {
    case ENCTYPE_AES128_CTS_HMAC_SHA1_96:
    case ENCTYPE_AES256_CTS_HMAC_SHA1_96:
    case ENCTYPE_AES128_CTS_HMAC_SHA256_128:
    case ENCTYPE_AES256_CTS_HMAC_SHA384_192:
    case ENCTYPE_CAMELLIA128_CTS_CMAC:
    case ENCTYPE_CAMELLIA256_CTS_CMAC:
      return false;
    default:
      return true;
  }
}

}  // namespace funnel::ctl::doctor
