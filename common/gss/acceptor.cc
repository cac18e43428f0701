#include "common/gss/acceptor.h"

#include "common/gss/error.h"
#include "common/gss/names.h"
#include "common/gss/token_kind.h"

namespace funnel::gss {

Result<Acceptance> Acceptance::Accept(const Credential& ours, ByteView token, ByteView bindings) {
  TRY(RequireKrb5Token(token, TokenKind::kApReq));
  gss_channel_bindings_struct channel = MakeBindings(bindings);
  gss_buffer_desc in = Input(token);
  Acceptance made;
  Buffer reply;
  Credential delegated;
  gss_OID mechanism = GSS_C_NO_OID;
  OM_uint32 minor = 0, flags = 0;

  const OM_uint32 major =
      gss_accept_sec_context(&minor, made.context_.out(), ours.get(), &in, &channel, nullptr,
                             &mechanism, reply.out(), &flags, nullptr, delegated.out());
  if (GSS_ERROR(major)) return FailGss("the initiator's token is not good", major, minor);
  if (major != GSS_S_COMPLETE) return Fail("the handshake does not end with the first token");

  if (gss_oid_equal(mechanism, gss_mech_krb5) == 0)
    return Fail("the context is not of the krb5 mechanism");
  TRY(RequireFlags(flags, kRequestFlags | GSS_C_CHANNEL_BOUND_FLAG));
  made.names_ = TRY(NamesOf(made.context_));
  if (IsAnonymous(made.names_.initiator)) return Fail("the peer is anonymous");

  made.reply_ = reply.Copy();
  return made;
}

}  // namespace funnel::gss
