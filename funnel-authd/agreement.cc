#include "funnel-authd/agreement.h"

#include "common/seal/derive.h"
#include "common/seal/key_schedule.h"
#include "common/seal/sha256.h"

namespace funnel::authd {
namespace {

// gss::ExportKey() returns no key of another enctype.
seal::Enctype EnctypeOf(const gss::ContextKey& key) {
  return *seal::EnctypeFromNumber(key.enctype);
}

}  // namespace

Established AgreeOnSubkey(gss::ContextKey key, ByteView hashed) {
  const seal::Sha256Digest confirm = seal::Sha256(hashed);
  return {.enctype = key.enctype,
          .key = key.subkey.Clone(),
          .confirm = Bytes(confirm.begin(), confirm.end()),
          .exporter = seal::DeriveSecret(EnctypeOf(key), key.subkey.view(), seal::kExporterLabel),
          .expires = key.expires,
          .features = {},
          .why_not_better = {}};
}

Established AgreeOnShares(const wire::SuiteTraits& suite, gss::ContextKey key, Secret shared,
                          ByteView transcript) {
  seal::ScheduleOutput keys = seal::RunSchedule({.suite = suite.suite,
                                                 .subkey = key.subkey.view(),
                                                 .shared = shared.view(),
                                                 .transcript = transcript});
  const ByteView confirm = keys.confirm.view();
  return {.suite = static_cast<std::uint16_t>(suite.suite),
          .enctype = key.enctype,
          .key = std::move(keys.frames),
          .confirm = Bytes(confirm.begin(), confirm.end()),
          .exporter = std::move(keys.exporter),
          .expires = key.expires,
          .features = {},
          .why_not_better = {}};
}

Bytes ProofOf(const gss::ContextKey& key, ByteView message) {
  return seal::ProofOf(EnctypeOf(key), key.subkey.view(), message);
}

Result<> RequireProof(const gss::ContextKey& key, ByteView message, ByteView proof) {
  if (EqualConstantTime(ProofOf(key, message), proof)) return {};
  return Fail("the acceptor's answer was altered on the way: its proof is wrong");
}

}  // namespace funnel::authd
