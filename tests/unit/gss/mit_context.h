// Both ends of a Kerberos context, made only by MIT's calls: Funnel's own code is compared with it.
#pragma once

#include <gssapi/gssapi.h>

#include <cstdint>
#include <string>

#include "common/base/bytes.h"
#include "common/base/secret.h"

namespace funnel::test {

// An established pair; throws if MIT fails.
class MitPair {
 public:
  MitPair(const std::string& keytab, const std::string& initiator, const std::string& acceptor);
  MitPair(const MitPair&) = delete;
  MitPair& operator=(const MitPair&) = delete;
  ~MitPair();

  [[nodiscard]] gss_ctx_id_t initiator() const { return initiator_; }
  [[nodiscard]] gss_ctx_id_t acceptor() const { return acceptor_; }
  [[nodiscard]] int enctype() const { return enctype_; }
  [[nodiscard]] ByteView subkey() const { return subkey_.view(); }

 private:
  void Establish(const std::string& keytab, const std::string& initiator,
                 const std::string& acceptor);
  void ExportCopyOfAcceptor();

  gss_ctx_id_t initiator_ = GSS_C_NO_CONTEXT;
  gss_ctx_id_t acceptor_ = GSS_C_NO_CONTEXT;
  int enctype_ = 0;
  Secret subkey_;
};

// gss_wrap and gss_unwrap with confidentiality; throw if MIT fails.
[[nodiscard]] Bytes MitWrap(gss_ctx_id_t context, ByteView plaintext);
[[nodiscard]] Bytes MitUnwrap(gss_ctx_id_t context, ByteView token);
[[nodiscard]] gss_name_t MitName(const std::string& principal);
// MINOR is a reference, because a call in the same argument list sets it.
void MitCheck(std::uint32_t major, const std::uint32_t& minor, const char* what);

}  // namespace funnel::test
