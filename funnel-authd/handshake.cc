#include "funnel-authd/handshake.h"

#include "common/base/random.h"
#include "common/base/text.h"
#include "common/seal/derive.h"
#include "common/seal/sha256.h"

namespace funnel::authd {
namespace {

Bytes Digest(ByteView bytes) {
  const seal::Sha256Digest digest = seal::Sha256(bytes);
  return {digest.begin(), digest.end()};
}

constexpr std::size_t kMaxVerdictText = 1024;

// A sealed verdict: code 16, text.
Bytes VerdictBytes(wire::RefusalCode code, const std::string& text) {
  return ByteWriter()
      .U16(static_cast<std::uint16_t>(code))
      .Append(std::string_view(text).substr(0, kMaxVerdictText))
      .Release();
}

Result<std::string> OpenVerdict(BegunOpen& begun, const wire::RefusedBody& refused) {
  TRY(begun.initiation.Finish(refused.opened.token));
  const Bytes verdict = TRY(begun.initiation.Unwrap(refused.verdict));
  ByteReader in(verdict);
  if (!in.U16()) return Fail("the verdict is cut short");
  return std::string(AsText(in.Rest()));
}

}  // namespace

Secret ExporterOf(const gss::ContextKey& key) {
  const auto enctype = seal::EnctypeFromNumber(key.enctype);
  return seal::DeriveSecret(*enctype, key.subkey.view(), seal::kExporterLabel);
}

Result<BegunOpen> BeginOpen(gss::CredentialStore& credentials, const InitiateRule& rule) {
  wire::OpenBody open;
  open.service = rule.wire_name;
  open.target = rule.target;
  open.features = rule.features;
  open.fed_by = rule.fed_by;
  FillRandom(open.nonce);
  const Bytes bindings = Digest(wire::OpenBindingBytes(open.Serialize()));
  gss::Credential ours = TRY(credentials.AcquireInitiator(rule.identity));
  BegunOpen begun;
  begun.initiation = TRY(gss::Initiation::Begin(std::move(ours), rule.expect, bindings));
  open.token = begun.initiation.token();
  if (open.token.size() > wire::kMaxTokenSize) return Fail("the ticket is too large for OPEN");
  begun.open_body = open.Serialize();
  return begun;
}

Result<Established> FinishOpen(BegunOpen& begun, ByteView opened_body) {
  const auto opened = TRY(wire::OpenedBody::Parse(opened_body));
  const auto open = TRY(wire::OpenBody::Parse(begun.open_body));
  if (!open.Offers(opened.version, opened.suite) || !open.features.Contains(opened.features))
    return Fail("the acceptor chose what was not offered");
  TRY(begun.initiation.Finish(opened.token));
  Established established;
  established.key = TRY(begun.initiation.Export());
  established.confirm = Digest(wire::ConfirmBytes(begun.open_body, opened_body));
  established.features = opened.features;
  return established;
}

PeerRefusal ReadRefusal(BegunOpen& begun, ByteView refused_body) {
  auto refused = wire::RefusedBody::Parse(refused_body);
  if (!refused) return {.text = "REFUSED makes no sense: " + refused.error().message};
  if (refused->has_verdict()) {
    // One that does not open is no better than none: somebody on the path may have written it.
    if (auto verdict = OpenVerdict(begun, *refused))
      return {.text = *verdict, .authenticated = true};
  }
  return {.text = "REFUSED, unauthenticated: " + std::string(wire::RefusalText(refused->code)),
          .doubts_ticket = refused->code == wire::RefusalCode::kRefused};
}

Result<gss::Acceptance> AcceptOpen(gss::CredentialStore& credentials, const std::string& identity,
                                   ByteView open_body) {
  const auto open = TRY(wire::OpenBody::Parse(open_body));
  const Bytes bindings = Digest(wire::OpenBindingBytes(open_body));
  const gss::Credential ours = TRY(identity.empty() ? credentials.AcquireAnyAcceptor()
                                                    : credentials.AcquireAcceptor(identity));
  return gss::Acceptance::Accept(ours, open.token, bindings);
}

Result<ConcludedOpen> ConcludeOpen(gss::Acceptance& acceptance, ByteView open_body,
                                   wire::Features ours) {
  const auto open = TRY(wire::OpenBody::Parse(open_body));
  ConcludedOpen concluded;
  concluded.established.features = ours.Common(open.features);
  concluded.opened_body =
      wire::OpenedBody{.features = concluded.established.features, .token = acceptance.reply()}
          .Serialize();
  concluded.established.key = TRY(acceptance.Export());
  concluded.established.confirm = Digest(wire::ConfirmBytes(open_body, concluded.opened_body));
  return concluded;
}

Bytes RefuseAuthenticated(const gss::Acceptance& acceptance, const std::string& why) {
  constexpr auto kCode = wire::RefusalCode::kRefused;
  auto verdict = acceptance.Wrap(VerdictBytes(kCode, why));
  if (!verdict) return RefuseUnauthenticated(kCode);
  wire::RefusedBody refused;
  refused.code = kCode;
  refused.text = wire::RefusalText(kCode);
  refused.opened.token = acceptance.reply();
  refused.verdict = *std::move(verdict);
  return refused.Serialize();
}

Bytes RefuseUnauthenticated(wire::RefusalCode code) {
  wire::RefusedBody refused;
  refused.code = code;
  refused.text = wire::RefusalText(code);
  return refused.Serialize();
}

Result<gss::Initiation> BeginRekey(gss::CredentialStore& credentials, const std::string& identity,
                                   const std::string& expect, Epoch epoch, ByteView exporter) {
  gss::Credential ours = TRY(credentials.AcquireInitiator(identity));
  return gss::Initiation::Begin(std::move(ours), expect,
                                Digest(wire::RekeyBindingBytes(epoch, exporter)));
}

Result<Established> FinishRekey(gss::Initiation& initiation, Epoch epoch, ByteView reply) {
  TRY(initiation.Finish(reply));
  Established established;
  established.confirm = Digest(wire::RekeyConfirmBytes(epoch, initiation.token(), reply));
  established.key = TRY(initiation.Export());
  return established;
}

Result<AcceptedRekey> AcceptRekey(gss::CredentialStore& credentials, const std::string& identity,
                                  const std::string& initiator, Epoch epoch, ByteView exporter,
                                  ByteView token) {
  const gss::Credential ours = TRY(credentials.AcquireAcceptor(identity));
  gss::Acceptance acceptance =
      TRY(gss::Acceptance::Accept(ours, token, Digest(wire::RekeyBindingBytes(epoch, exporter))));
  if (acceptance.initiator() != initiator)
    return Fail("the initiator is " + acceptance.initiator() + " now, not " + initiator);
  AcceptedRekey accepted;
  accepted.reply = acceptance.reply();
  accepted.established.confirm = Digest(wire::RekeyConfirmBytes(epoch, token, accepted.reply));
  accepted.established.key = TRY(acceptance.Export());
  return accepted;
}

}  // namespace funnel::authd
