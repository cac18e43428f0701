// The part of libkrb5 that the doctor needs, with owners for its objects. Each thread has a
// Session.
#pragma once

#include <krb5.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/base/error.h"

namespace funnel::ctl::doctor {

// A context with the system's configuration ($KRB5_CONFIG, else /etc/krb5.conf) below a layer that
// takes the KDC's clock for right, so that an error of our clock can be measured.
class Session {
 public:
  [[nodiscard]] static Result<Session> Open();
  [[nodiscard]] krb5_context get() const { return context_.get(); }
  // WHAT, followed by MIT's words for CODE.
  [[nodiscard]] std::unexpected<Error> Failed(const std::string& what, krb5_error_code code) const;

 private:
  using Owner = std::unique_ptr<std::remove_pointer_t<krb5_context>, void (*)(krb5_context)>;
  explicit Session(krb5_context context) : context_(context, krb5_free_context) {}
  Owner context_;
};

class KrbName {
 public:
  [[nodiscard]] static Result<KrbName> Parse(const Session& session, const std::string& text);
  KrbName(KrbName&& other) noexcept
      : context_(other.context_), name_(std::exchange(other.name_, nullptr)) {}
  KrbName& operator=(KrbName&&) = delete;
  ~KrbName() {
    if (name_ != nullptr) krb5_free_principal(context_, name_);
  }
  [[nodiscard]] krb5_principal get() const { return name_; }

 private:
  KrbName(krb5_context context, krb5_principal name) : context_(context), name_(name) {}
  krb5_context context_;
  krb5_principal name_;
};

struct KeytabKey {
  std::string principal;
  krb5_kvno kvno = 0;
  krb5_enctype enctype = 0;
};

[[nodiscard]] Result<std::vector<KeytabKey>> ReadKeytab(const Session& session,
                                                        const std::string& path);
// "aes256-cts-hmac-sha1-96".
[[nodiscard]] std::string EnctypeName(krb5_enctype enctype);
[[nodiscard]] bool IsWeak(krb5_enctype enctype);

}  // namespace funnel::ctl::doctor
