#include "funnel-authd/handshake.h"

#include "common/base/random.h"
#include "common/seal/sha256.h"
#include "funnel-authd/suites.h"

namespace funnel::authd {
namespace {

Bytes Digest(ByteView bytes) {
  const seal::Sha256Digest digest = seal::Sha256(bytes);
  return {digest.begin(), digest.end()};
}

constexpr std::size_t kMaxVerdictText = 1024;

// Makes shares for those of SUITES that use them.
Result<std::optional<seal::KeyShares>> SharesFor(const wire::SuiteList& suites) {
  bool shares = false, ml_kem = false;
  for (std::uint16_t number : suites) {
    const wire::SuiteTraits* suite = wire::FindSuite(number);
    shares = shares || (suite != nullptr && suite->has_share);
    ml_kem = ml_kem || (suite != nullptr && suite->has_ml_kem);
  }
  if (!shares) return std::nullopt;
  return TRY(seal::KeyShares::Make(ml_kem));
}

// Checks that nobody on the path chose the suite or replaced a share.
Result<> CheckProof(const gss::ContextKey& key, const wire::OpenedBody& opened, ByteView open_body,
                    ByteView opened_body) {
  if (opened.proof.empty()) {
    if (opened.suite == wire::kSuiteRfc4121) return {};
    return Fail("the acceptor's answer lacks the proof of suite " + std::to_string(opened.suite));
  }
  return RequireProof(key, wire::ProofBytes(open_body, opened_body), opened.proof);
}

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

Result<BegunOpen> BeginOpen(gss::CredentialStore& credentials, const InitiateRule& rule) {
  wire::OpenBody open;
  open.service = rule.wire_name;
  open.target = rule.target;
  open.features = rule.features;
  open.fed_by = rule.fed_by;
  open.suites = rule.suites;
  if (open.suites.empty()) return Fail("none of the suites that are configured can be had here");
  FillRandom(open.nonce);
  BegunOpen begun;
  begun.shares = TRY(SharesFor(open.suites));
  if (begun.shares) {
    open.x25519_share = begun.shares->x25519();
    open.ml_kem_key = begun.shares->ml_kem();
  }

  const Bytes bindings = Digest(wire::OpenBindingBytes(open.Serialize()));
  gss::Credential ours = TRY(credentials.AcquireInitiator(rule.identity));
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
  gss::ContextKey key = TRY(begun.initiation.Export());
  TRY(CheckProof(key, opened, begun.open_body, opened_body));

  const wire::SuiteTraits& suite = *wire::FindSuite(opened.suite);
  Established established;
  if (suite.has_share) {
    Secret shared = TRY(begun.shares->Agree(suite, opened.share_answer));
    established = AgreeOnShares(suite, std::move(key), std::move(shared),
                                wire::TranscriptBytes(begun.open_body, opened_body));
  } else {
    established = AgreeOnSubkey(std::move(key), wire::ConfirmBytes(begun.open_body, opened_body));
  }
  established.features = opened.features;
  established.unproven = open.OffersMore() && opened.proof.empty();
  established.why_not_better =
      WhyNotBetter(open.suites, opened.suite, /*we_chose=*/false, established.unproven);
  return established;
}

PeerRefusal ReadRefusal(BegunOpen& begun, ByteView refused_body) {
  auto refused = wire::RefusedBody::Parse(refused_body);
  if (!refused) return {.text = "REFUSED makes no sense: " + refused.error().message};
  if (refused->has_verdict()) {
    // A verdict that does not open is worth as little as none: somebody on the path may have
    // written it.
    if (auto verdict = OpenVerdict(begun, *refused))
      return {.text = *verdict, .authenticated = true};
  }
  std::string text = "REFUSED, unauthenticated: " + std::string(wire::RefusalText(refused->code));
  if (refused->code == wire::RefusalCode::kBadVersion)
    text += ": the acceptor takes none of the suites offered; version 0.1 has suite 1 only";
  return {.text = std::move(text), .doubts_ticket = refused->code == wire::RefusalCode::kRefused};
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
                                   const AcceptorTerms& terms) {
  const auto open = TRY(wire::OpenBody::Parse(open_body));
  const wire::SuiteTraits* suite = ChooseSuite(terms.suites, open);
  if (suite == nullptr) return Fail("OPEN offers no suite of ours");
  wire::OpenedBody opened;
  opened.suite = static_cast<std::uint16_t>(suite->suite);
  opened.features = terms.features.Common(open.features);
  opened.token = acceptance.reply();
  gss::ContextKey key = TRY(acceptance.Export());

  Secret shared;
  if (suite->has_share) {
    auto answered = TRY(seal::AnswerShares(*suite, open.x25519_share, open.ml_kem_key));
    opened.share_answer = std::move(answered.answer);
    shared = std::move(answered.shared);
  }
  if (open.OffersMore())
    opened.proof = ProofOf(key, wire::ProofBytes(open_body, opened.Serialize()));

  ConcludedOpen concluded{.established = {}, .opened_body = opened.Serialize()};
  concluded.established =
      suite->has_share
          ? AgreeOnShares(*suite, std::move(key), std::move(shared),
                          wire::TranscriptBytes(open_body, concluded.opened_body))
          : AgreeOnSubkey(std::move(key), wire::ConfirmBytes(open_body, concluded.opened_body));
  concluded.established.features = opened.features;
  concluded.established.why_not_better =
      WhyNotBetter(terms.suites, opened.suite, /*we_chose=*/true, /*unproven=*/false);
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

}  // namespace funnel::authd
