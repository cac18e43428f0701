// The handshake of a channel's next epoch.
#include "common/seal/sha256.h"
#include "common/wire/frame/rekey_body.h"
#include "funnel-authd/handshake.h"

namespace funnel::authd {
namespace {

Result<const wire::SuiteTraits*> TraitsOf(std::uint16_t number) {
  const wire::SuiteTraits* suite = wire::FindSuite(number);
  if (suite == nullptr) return Fail("no suite has the number " + std::to_string(number));
  return suite;
}

// In suite 1 the body of REKEY is the bare token.
Bytes BindingsOf(const RekeyTerms& terms, const wire::SuiteTraits& suite, ByteView body) {
  const ByteView exporter = terms.exporter.view();
  const auto digest =
      seal::Sha256(suite.has_share ? wire::RekeyShareBindingBytes(terms.epoch, exporter, body)
                                   : wire::RekeyBindingBytes(terms.epoch, exporter));
  return {digest.begin(), digest.end()};
}

}  // namespace

Result<BegunRekey> BeginRekey(gss::CredentialStore& credentials, const std::string& identity,
                              const std::string& expect, const RekeyTerms& terms) {
  const wire::SuiteTraits& suite = *TRY(TraitsOf(terms.suite));
  BegunRekey begun;
  wire::RekeyBody rekey;
  if (suite.has_share) {
    begun.shares = TRY(seal::KeyShares::Make(suite.has_ml_kem));
    rekey.x25519_share = begun.shares->x25519();
    rekey.ml_kem_key = begun.shares->ml_kem();
  }

  gss::Credential ours = TRY(credentials.AcquireInitiator(identity));
  begun.initiation = TRY(
      gss::Initiation::Begin(std::move(ours), expect, BindingsOf(terms, suite, rekey.Serialize())));
  rekey.token = begun.initiation.token();
  begun.body = suite.has_share ? rekey.Serialize() : rekey.token;
  if (begun.body.size() > wire::kMaxTokenSize) return Fail("the ticket is too large for REKEY");
  return begun;
}

Result<Established> FinishRekey(BegunRekey& begun, std::uint16_t number, Epoch epoch,
                                ByteView reply) {
  const wire::SuiteTraits& suite = *TRY(TraitsOf(number));
  if (!suite.has_share) {
    TRY(begun.initiation.Finish(reply));
    return AgreeOnSubkey(TRY(begun.initiation.Export()),
                         wire::RekeyConfirmBytes(epoch, begun.body, reply));
  }

  if (!begun.shares) return Fail("the rekey was begun in another suite");
  const auto answer = TRY(wire::RekeyAnswer::Parse(suite, reply));
  TRY(begun.initiation.Finish(answer.token));
  gss::ContextKey key = TRY(begun.initiation.Export());
  TRY(RequireProof(key, wire::RekeyProofBytes(epoch, begun.body, reply), answer.proof));
  Secret shared = TRY(begun.shares->Agree(suite, answer.share_answer));
  return AgreeOnShares(suite, std::move(key), std::move(shared),
                       wire::RekeyTranscriptBytes(epoch, begun.body, reply));
}

Result<AcceptedRekey> AcceptRekey(gss::CredentialStore& credentials, const std::string& identity,
                                  const std::string& initiator, const RekeyTerms& terms,
                                  ByteView body) {
  const wire::SuiteTraits& suite = *TRY(TraitsOf(terms.suite));
  wire::RekeyBody rekey;
  if (suite.has_share) rekey = TRY(wire::RekeyBody::Parse(suite, body));
  const ByteView token = suite.has_share ? ByteView(rekey.token) : body;
  const gss::Credential ours = TRY(credentials.AcquireAcceptor(identity));
  gss::Acceptance acceptance =
      TRY(gss::Acceptance::Accept(ours, token, BindingsOf(terms, suite, body)));
  if (acceptance.initiator() != initiator)
    return Fail("the initiator is " + acceptance.initiator() + " now, not " + initiator);

  AcceptedRekey accepted{.established = {}, .reply = acceptance.reply()};
  gss::ContextKey key = TRY(acceptance.Export());
  if (!suite.has_share) {
    accepted.established =
        AgreeOnSubkey(std::move(key), wire::RekeyConfirmBytes(terms.epoch, body, accepted.reply));
    return accepted;
  }
  auto answered = TRY(seal::AnswerShares(suite, rekey.x25519_share, rekey.ml_kem_key));
  wire::RekeyAnswer answer{
      .share_answer = std::move(answered.answer), .proof = {}, .token = std::move(accepted.reply)};
  answer.proof = ProofOf(key, wire::RekeyProofBytes(terms.epoch, body, answer.Serialize()));
  accepted.reply = answer.Serialize();
  accepted.established =
      AgreeOnShares(suite, std::move(key), std::move(answered.shared),
                    wire::RekeyTranscriptBytes(terms.epoch, body, accepted.reply));
  return accepted;
}

}  // namespace funnel::authd
