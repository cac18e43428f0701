#include "common/gss/initiator.h"

#include "common/gss/error.h"
#include "common/gss/names.h"
#include "common/gss/token_kind.h"

namespace funnel::gss {

Result<Initiation> Initiation::Begin(Credential ours, const std::string& target,
                                     ByteView bindings) {
  Initiation made;
  made.ours_ = std::move(ours);
  made.target_ = target;
  made.target_name_ = TRY(ImportPrincipal(target));
  made.bindings_.assign(bindings.begin(), bindings.end());

  gss_channel_bindings_struct channel = MakeBindings(made.bindings_);
  Buffer token;
  OM_uint32 minor = 0;
  const OM_uint32 major =
      gss_init_sec_context(&minor, made.ours_.get(), made.context_.out(), made.target_name_.get(),
                           const_cast<gss_OID>(gss_mech_krb5), kRequestFlags, GSS_C_INDEFINITE,
                           &channel, GSS_C_NO_BUFFER, nullptr, token.out(), nullptr, nullptr);
  if (GSS_ERROR(major)) return FailGss("cannot get a ticket for " + target, major, minor);
  if (major != GSS_S_CONTINUE_NEEDED)
    return Fail("the mechanism does without the acceptor's answer");

  made.token_ = token.Copy();
  return made;
}

Result<> Initiation::Finish(ByteView reply) {
  TRY(RequireKrb5Token(reply, TokenKind::kApRep));
  gss_channel_bindings_struct channel = MakeBindings(bindings_);
  gss_buffer_desc in = Input(reply);
  Buffer third_token;
  OM_uint32 minor = 0, flags = 0;

  const OM_uint32 major = gss_init_sec_context(
      &minor, ours_.get(), context_.out(), target_name_.get(), const_cast<gss_OID>(gss_mech_krb5),
      kRequestFlags, GSS_C_INDEFINITE, &channel, &in, nullptr, third_token.out(), &flags, nullptr);
  if (GSS_ERROR(major)) return FailGss("the answer of " + target_ + " is not good", major, minor);
  if (major != GSS_S_COMPLETE || !third_token.view().empty())
    return Fail("the handshake with " + target_ + " does not end with its answer");

  TRY(RequireFlags(flags, kRequestFlags));
  const ContextNames names = TRY(NamesOf(context_));
  if (names.acceptor != target_) return Fail("the peer is " + names.acceptor + ", not " + target_);
  return {};
}

}  // namespace funnel::gss
