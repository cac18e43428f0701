#include "common/gss/context.h"

#include <ctime>
#include <memory>

#include "common/gss/error.h"
#include "common/gss/names.h"

namespace funnel::gss {
namespace {

constexpr OM_uint32 kLucidVersion = 1;
constexpr OM_uint32 kProtocolCfx = 1;  // RFC 4121, against RFC 1964
constexpr OM_uint32 kFirstAes = 17, kLastAes = 20;

// The ticket ends at a wall-clock time. It is converted to boot time here, once, so that setting
// the clock later makes a channel's life neither longer nor shorter.
BootTime ToBootTime(OM_uint32 end_time) {
  const std::int64_t left = static_cast<std::int64_t>(end_time) - std::time(nullptr);
  return {BootNow().since_boot + std::chrono::seconds(left)};
}

struct LucidDeleter {
  void operator()(gss_krb5_lucid_context_v1_t* lucid) const {
    OM_uint32 minor = 0;
    gss_krb5_free_lucid_sec_context(&minor, lucid);  // wipes the keys
  }
};

}  // namespace

Result<> RequireFlags(OM_uint32 flags, OM_uint32 required) {
  if ((flags & GSS_C_ANON_FLAG) != 0) return Fail("the peer is anonymous");
  if ((flags & required & GSS_C_CHANNEL_BOUND_FLAG) != (required & GSS_C_CHANNEL_BOUND_FLAG))
    return Fail("the token is not bound to this OPEN");
  if ((flags & required) != required)
    return Fail("the context lacks mutual authentication, confidentiality or integrity");
  if ((flags & (GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG)) != 0)
    return Fail("the context would drop reordered messages");
  return {};
}

Result<ContextKey> ExportKey(SecurityContext context) {
  void* opaque = nullptr;
  OM_uint32 minor = 0;
  const OM_uint32 major =
      gss_krb5_export_lucid_sec_context(&minor, context.out(), kLucidVersion, &opaque);
  if (GSS_ERROR(major)) return FailGss("cannot take the context's key", major, minor);

  const std::unique_ptr<gss_krb5_lucid_context_v1_t, LucidDeleter> lucid(
      static_cast<gss_krb5_lucid_context_v1_t*>(opaque));
  if (lucid->version != kLucidVersion || lucid->protocol != kProtocolCfx)
    return Fail("the context is not of RFC 4121: AES is required");
  if (lucid->cfx_kd.have_acceptor_subkey == 0) return Fail("the acceptor gave no subkey");

  const gss_krb5_lucid_key_t& key = lucid->cfx_kd.acceptor_subkey;
  if (key.type < kFirstAes || key.type > kLastAes)
    return Fail("encryption type " + std::to_string(key.type) + ", where AES is required");
  return ContextKey{
      .enctype = static_cast<std::uint16_t>(key.type),
      .subkey = Secret(ByteView(static_cast<const std::uint8_t*>(key.data), key.length)),
      .expires = ToBootTime(lucid->endtime)};
}

Result<Bytes> Wrap(const SecurityContext& context, ByteView plaintext) {
  gss_buffer_desc in = Input(plaintext);
  Buffer token;
  OM_uint32 minor = 0;
  int sealed = 0;
  const OM_uint32 major = gss_wrap(&minor, context.get(), /*conf_req_flag=*/1, GSS_C_QOP_DEFAULT,
                                   &in, &sealed, token.out());
  if (GSS_ERROR(major)) return FailGss("cannot seal", major, minor);
  if (sealed == 0) return Fail("the context does not seal");
  return token.Copy();
}

Result<Bytes> Unwrap(const SecurityContext& context, ByteView token) {
  gss_buffer_desc in = Input(token);
  Buffer plaintext;
  OM_uint32 minor = 0;
  int sealed = 0;
  const OM_uint32 major = gss_unwrap(&minor, context.get(), &in, plaintext.out(), &sealed, nullptr);
  if (GSS_ERROR(major)) return FailGss("cannot open the sealed text", major, minor);
  if (sealed == 0) return Fail("the text is not sealed");
  return plaintext.Copy();
}

gss_channel_bindings_struct MakeBindings(ByteView data) {
  gss_channel_bindings_struct bindings{};
  bindings.application_data = Input(data);
  return bindings;
}

Result<ContextNames> NamesOf(const SecurityContext& context) {
  Name initiator, acceptor;
  OM_uint32 minor = 0;
  const OM_uint32 major =
      gss_inquire_context(&minor, context.get(), initiator.out(), acceptor.out(), nullptr, nullptr,
                          nullptr, nullptr, nullptr);
  if (GSS_ERROR(major)) return FailGss("cannot read the context's names", major, minor);
  ContextNames names;
  names.initiator = TRY(DisplayPrincipal(initiator));
  names.acceptor = TRY(DisplayPrincipal(acceptor));
  return names;
}

}  // namespace funnel::gss
