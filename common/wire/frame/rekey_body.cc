#include "common/wire/frame/rekey_body.h"

#include "common/wire/frame/open.h"
#include "common/wire/frame/tlv.h"

namespace funnel::wire {
namespace {

constexpr std::string_view kShareBindingLabel = "Funnel 1 REKEY share bindings";
constexpr std::string_view kRekeyProofLabel = "Funnel 1 REKEY proof";
constexpr std::string_view kRekeyTranscriptLabel = "Funnel 1 REKEY keys";

Result<Bytes> Take(const TlvMap& map, TlvType type, std::size_t least, std::size_t most) {
  const ByteView value = TRY(map.Get(type, least, most));
  return Bytes(value.begin(), value.end());
}

Bytes Joined(std::string_view label, Epoch next, ByteView body, ByteView answer) {
  return ByteWriter().Append(label).U16(next.value()).Block32(body).Block32(answer).Release();
}

}  // namespace

Result<RekeyBody> RekeyBody::Parse(const SuiteTraits& suite, ByteView body) {
  const TlvMap map =
      TRY(TlvMap::Parse(body, {TlvType::kX25519Share, TlvType::kMlKemKey, TlvType::kToken}));
  RekeyBody rekey;
  rekey.x25519_share = TRY(Take(map, TlvType::kX25519Share, kX25519ShareSize, kX25519ShareSize));
  if (suite.has_ml_kem)
    rekey.ml_kem_key = TRY(Take(map, TlvType::kMlKemKey, kMlKemKeySize, kMlKemKeySize));
  rekey.token = TRY(Take(map, TlvType::kToken, 1, kMaxTokenSize));
  return rekey;
}

Bytes RekeyBody::Serialize() const {
  ByteWriter out;
  AppendTlv(out, TlvType::kX25519Share, x25519_share);
  if (!ml_kem_key.empty()) AppendTlv(out, TlvType::kMlKemKey, ml_kem_key);
  AppendTlv(out, TlvType::kToken, token);
  return out.Release();
}

Result<RekeyAnswer> RekeyAnswer::Parse(const SuiteTraits& suite, ByteView body) {
  const TlvMap map =
      TRY(TlvMap::Parse(body, {TlvType::kShareAnswer, TlvType::kProof, TlvType::kToken}));
  const std::size_t size = kX25519ShareSize + (suite.has_ml_kem ? kMlKemCiphertextSize : 0);
  RekeyAnswer answer;
  answer.share_answer = TRY(Take(map, TlvType::kShareAnswer, size, size));
  answer.proof = TRY(Take(map, TlvType::kProof, kProofSize, kProofSize));
  answer.token = TRY(Take(map, TlvType::kToken, 1, kMaxTokenSize));
  return answer;
}

Bytes RekeyAnswer::Serialize() const {
  ByteWriter out;
  AppendTlv(out, TlvType::kShareAnswer, share_answer);
  if (!proof.empty()) AppendTlv(out, TlvType::kProof, proof);
  AppendTlv(out, TlvType::kToken, token);
  return out.Release();
}

Bytes RekeyShareBindingBytes(Epoch next, ByteView exporter, ByteView body) {
  return ByteWriter()
      .Append(kShareBindingLabel)
      .U16(next.value())
      .Append(exporter)
      .Append(WithoutTlvs(body, {TlvType::kToken}))
      .Release();
}

Bytes RekeyProofBytes(Epoch next, ByteView body, ByteView answer) {
  return Joined(kRekeyProofLabel, next, body, WithoutTlvs(answer, {TlvType::kProof}));
}

Bytes RekeyTranscriptBytes(Epoch next, ByteView body, ByteView answer) {
  return Joined(kRekeyTranscriptLabel, next, body, answer);
}

}  // namespace funnel::wire
