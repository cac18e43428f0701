#include "tests/unit/gss/mit_context.h"

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#include <stdexcept>

namespace funnel::test {
namespace {

constexpr std::uint32_t kFlags = GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG;

gss_buffer_desc ToBuffer(ByteView bytes) {
  return {bytes.size(), const_cast<std::uint8_t*>(bytes.data())};
}

Bytes Take(gss_buffer_desc& buffer) {
  auto* start = static_cast<std::uint8_t*>(buffer.value);
  Bytes bytes(start, start + buffer.length);
  std::uint32_t minor = 0;
  gss_release_buffer(&minor, &buffer);
  return bytes;
}

gss_cred_id_t Acquire(const std::string& principal, gss_cred_usage_t usage, const char* key,
                      const std::string& keytab) {
  const std::string ccache = "MEMORY:" + principal;
  gss_key_value_element_desc elements[] = {{key, keytab.c_str()}, {"ccache", ccache.c_str()}};
  const gss_key_value_set_desc store{usage == GSS_C_INITIATE ? 2U : 1U, elements};
  gss_name_t name = MitName(principal);
  gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
  std::uint32_t minor = 0, ignored;
  std::uint32_t major = gss_acquire_cred_from(&minor, name, GSS_C_INDEFINITE, GSS_C_NO_OID_SET,
                                              usage, &store, &credential, nullptr, nullptr);
  gss_release_name(&ignored, &name);
  MitCheck(major, minor, "gss_acquire_cred_from");
  return credential;
}

}  // namespace

void MitCheck(std::uint32_t major, const std::uint32_t& minor, const char* what) {
  if (!GSS_ERROR(major)) return;
  gss_buffer_desc text;
  std::uint32_t ignored, more = 0;
  gss_display_status(&ignored, minor, GSS_C_MECH_CODE, const_cast<gss_OID>(gss_mech_krb5), &more,
                     &text);
  const Bytes said = Take(text);
  throw std::runtime_error(std::string(what) + ": " + std::string(AsText(said)));
}

gss_name_t MitName(const std::string& principal) {
  gss_buffer_desc text = ToBuffer(AsBytes(principal));
  gss_name_t name = GSS_C_NO_NAME;
  std::uint32_t minor = 0;
  MitCheck(gss_import_name(&minor, &text, const_cast<gss_OID>(GSS_KRB5_NT_PRINCIPAL_NAME), &name),
           minor, "gss_import_name");
  return name;
}

MitPair::MitPair(const std::string& keytab, const std::string& initiator,
                 const std::string& acceptor) {
  Establish(keytab, initiator, acceptor);
  ExportCopyOfAcceptor();
}

void MitPair::Establish(const std::string& keytab, const std::string& initiator,
                        const std::string& acceptor) {
  gss_cred_id_t client = Acquire(initiator, GSS_C_INITIATE, "client_keytab", keytab);
  gss_cred_id_t server = Acquire(acceptor, GSS_C_ACCEPT, "keytab", keytab);
  gss_name_t target = MitName(acceptor);
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER, reply = GSS_C_EMPTY_BUFFER,
                  nothing = GSS_C_EMPTY_BUFFER;
  std::uint32_t minor = 0, major;

  major =
      gss_init_sec_context(&minor, client, &initiator_, target, const_cast<gss_OID>(gss_mech_krb5),
                           kFlags, 0, nullptr, nullptr, nullptr, &token, nullptr, nullptr);
  MitCheck(major, minor, "gss_init_sec_context");
  major = gss_accept_sec_context(&minor, &acceptor_, server, &token, nullptr, nullptr, nullptr,
                                 &reply, nullptr, nullptr, nullptr);
  MitCheck(major, minor, "gss_accept_sec_context");
  major =
      gss_init_sec_context(&minor, client, &initiator_, target, const_cast<gss_OID>(gss_mech_krb5),
                           kFlags, 0, nullptr, &reply, nullptr, &nothing, nullptr, nullptr);
  MitCheck(major, minor, "gss_init_sec_context, second call");

  gss_release_buffer(&minor, &token);
  gss_release_buffer(&minor, &reply);
  gss_release_name(&minor, &target);
  gss_release_cred(&minor, &client);
  gss_release_cred(&minor, &server);
}

// The lucid export ends a context, so a copy is exported.
void MitPair::ExportCopyOfAcceptor() {
  gss_buffer_desc exported = GSS_C_EMPTY_BUFFER;
  std::uint32_t minor = 0;
  MitCheck(gss_export_sec_context(&minor, &acceptor_, &exported), minor, "gss_export_sec_context");
  MitCheck(gss_import_sec_context(&minor, &exported, &acceptor_), minor, "gss_import_sec_context");
  gss_ctx_id_t copy = GSS_C_NO_CONTEXT;
  MitCheck(gss_import_sec_context(&minor, &exported, &copy), minor, "gss_import_sec_context");
  gss_release_buffer(&minor, &exported);
  void* opaque = nullptr;
  MitCheck(gss_krb5_export_lucid_sec_context(&minor, &copy, 1, &opaque), minor,
           "gss_krb5_export_lucid_sec_context");
  const auto& key = static_cast<gss_krb5_lucid_context_v1_t*>(opaque)->cfx_kd.acceptor_subkey;
  enctype_ = static_cast<int>(key.type);
  subkey_ = Secret(ByteView(static_cast<const std::uint8_t*>(key.data), key.length));
  gss_krb5_free_lucid_sec_context(&minor, opaque);
}

MitPair::~MitPair() {
  std::uint32_t minor = 0;
  gss_delete_sec_context(&minor, &initiator_, nullptr);
  gss_delete_sec_context(&minor, &acceptor_, nullptr);
}

Bytes MitWrap(gss_ctx_id_t context, ByteView plaintext) {
  gss_buffer_desc in = ToBuffer(plaintext), out = GSS_C_EMPTY_BUFFER;
  std::uint32_t minor = 0;
  int sealed = 0;
  MitCheck(gss_wrap(&minor, context, 1, GSS_C_QOP_DEFAULT, &in, &sealed, &out), minor, "gss_wrap");
  return Take(out);
}

Bytes MitUnwrap(gss_ctx_id_t context, ByteView token) {
  gss_buffer_desc in = ToBuffer(token), out = GSS_C_EMPTY_BUFFER;
  std::uint32_t minor = 0;
  int sealed = 0;
  MitCheck(gss_unwrap(&minor, context, &in, &out, &sealed, nullptr), minor, "gss_unwrap");
  return Take(out);
}

}  // namespace funnel::test
