#include "common/wire/frame/open.h"

#include <algorithm>

#include "common/wire/frame/tlv.h"

namespace funnel::wire {
namespace {

constexpr std::string_view kBindingLabel = "Funnel 1 OPEN bindings";
constexpr std::string_view kRekeyBindingLabel = "Funnel 1 REKEY bindings";
constexpr std::string_view kConfirmLabel = "Funnel 1 CONFIRM";
constexpr std::string_view kProofLabel = "Funnel 1 proof";
constexpr std::string_view kTranscriptLabel = "Funnel 1 keys";
constexpr std::string_view kRekeyConfirmLabel = "Funnel 1 REKEY CONFIRM";
constexpr std::size_t kMaxChoices = 32;  // versions or suites offered

ByteView OneByte(const std::uint8_t& value) { return {&value, 1}; }

void AppendU16Tlv(ByteWriter& out, TlvType type, std::uint16_t value) {
  std::uint8_t raw[2];
  StoreBigEndian<2>(raw, value);
  AppendTlv(out, type, raw);
}

Result<SuiteList> ParseSuites(const TlvMap& map) {
  const ByteView raw = TRY(map.Get(TlvType::kSuites, 2, 2 * kMaxChoices));
  if (raw.size() % 2 != 0) return Fail("suites are not 16 bit each");
  SuiteList suites;
  for (std::size_t at = 0; at < raw.size(); at += 2)
    suites.push_back(static_cast<std::uint16_t>(LoadBigEndian<2>(&raw[at])));
  return suites;
}

Result<Features> FeaturesFrom(const TlvMap& map) {
  const auto value = map.Find(TlvType::kFeatures);
  return value ? Features::Parse(*value) : Features();
}

void AppendFeatures(ByteWriter& out, Features features) {
  if (!features.empty()) AppendTlv(out, TlvType::kFeatures, features.Serialize());
}

// A field that may be left out, of SIZE bytes where it is there.
Result<Bytes> OptionalOf(const TlvMap& map, TlvType type, std::size_t size) {
  if (!map.Find(type)) return Bytes();
  const ByteView value = TRY(map.Get(type, size, size));
  return Bytes(value.begin(), value.end());
}

void AppendOptional(ByteWriter& out, TlvType type, ByteView value) {
  if (!value.empty()) AppendTlv(out, type, value);
}

// 0 for a suite that we do not know: the owner sees that it was not offered.
std::size_t AnswerSize(std::uint16_t suite) {
  const SuiteTraits* traits = FindSuite(suite);
  if (traits == nullptr || !traits->has_share) return 0;
  return kX25519ShareSize + (traits->has_ml_kem ? kMlKemCiphertextSize : 0);
}

Result<OpenedBody> OpenedFrom(const TlvMap& map) {
  OpenedBody opened;
  opened.version = TRY(map.GetU8(TlvType::kVersion));
  opened.suite = TRY(map.GetU16(TlvType::kSuite));
  opened.features = TRY(FeaturesFrom(map));
  opened.share_answer = TRY(OptionalOf(map, TlvType::kShareAnswer, AnswerSize(opened.suite)));
  opened.proof = TRY(OptionalOf(map, TlvType::kProof, kProofSize));
  if (opened.share_answer.size() != AnswerSize(opened.suite))
    return Fail("OPENED lacks the share of its suite");
  const ByteView token = TRY(map.Get(TlvType::kToken, 1, kMaxTokenSize));
  opened.token.assign(token.begin(), token.end());
  return opened;
}

void AppendOpened(ByteWriter& out, const OpenedBody& opened) {
  AppendTlv(out, TlvType::kVersion, OneByte(opened.version));
  AppendU16Tlv(out, TlvType::kSuite, opened.suite);
  AppendFeatures(out, opened.features);
  AppendOptional(out, TlvType::kShareAnswer, opened.share_answer);
  AppendOptional(out, TlvType::kProof, opened.proof);
  AppendTlv(out, TlvType::kToken, opened.token);
}

}  // namespace

Result<OpenBody> OpenBody::Parse(ByteView body) {
  const TlvMap map = TRY(TlvMap::Parse(
      body, {TlvType::kVersions, TlvType::kSuites, TlvType::kService, TlvType::kTarget,
             TlvType::kNonce, TlvType::kHopLimit, TlvType::kToken, TlvType::kFeatures,
             TlvType::kFedBy, TlvType::kX25519Share, TlvType::kMlKemKey}));

  OpenBody open;
  const ByteView versions = TRY(map.Get(TlvType::kVersions, 1, kMaxChoices));
  open.versions.assign(versions.begin(), versions.end());
  open.suites = TRY(ParseSuites(map));
  open.service = TRY(map.GetName(TlvType::kService));
  open.target = TRY(map.GetName(TlvType::kTarget));

  const ByteView nonce = TRY(map.Get(TlvType::kNonce, kNonceSize, kNonceSize));
  std::copy(nonce.begin(), nonce.end(), open.nonce.begin());
  open.hop_limit = TRY(map.GetU8(TlvType::kHopLimit));
  open.features = TRY(FeaturesFrom(map));
  if (const auto feeds = map.Find(TlvType::kFedBy)) open.fed_by = TRY(ParseFeeds(*feeds));
  open.x25519_share = TRY(OptionalOf(map, TlvType::kX25519Share, kX25519ShareSize));
  open.ml_kem_key = TRY(OptionalOf(map, TlvType::kMlKemKey, kMlKemKeySize));
  const ByteView token = TRY(map.Get(TlvType::kToken, 1, kMaxTokenSize));
  open.token.assign(token.begin(), token.end());
  return open;
}

Bytes OpenBody::Serialize() const {
  ByteWriter out;
  ByteWriter suite_list;
  for (std::uint16_t suite : suites) suite_list.U16(suite);

  AppendTlv(out, TlvType::kVersions, versions);
  AppendTlv(out, TlvType::kSuites, suite_list.bytes());
  AppendTlv(out, TlvType::kService, AsBytes(service));
  AppendTlv(out, TlvType::kTarget, AsBytes(target));
  AppendTlv(out, TlvType::kNonce, nonce);
  AppendTlv(out, TlvType::kHopLimit, OneByte(hop_limit));
  AppendFeatures(out, features);
  if (!fed_by.empty()) AppendTlv(out, TlvType::kFedBy, SerializeFeeds(fed_by));
  AppendOptional(out, TlvType::kX25519Share, x25519_share);
  AppendOptional(out, TlvType::kMlKemKey, ml_kem_key);
  AppendTlv(out, TlvType::kToken, token);
  return out.Release();
}

bool OpenBody::Offers(std::uint8_t version, std::uint16_t suite) const {
  const SuiteTraits* traits = FindSuite(suite);
  const bool complete = traits == nullptr || ((!traits->has_share || !x25519_share.empty()) &&
                                              (!traits->has_ml_kem || !ml_kem_key.empty()));
  return complete && std::find(versions.begin(), versions.end(), version) != versions.end() &&
         std::find(suites.begin(), suites.end(), suite) != suites.end();
}

bool OpenBody::OffersMore() const {
  return std::any_of(suites.begin(), suites.end(),
                     [](std::uint16_t suite) { return suite != kSuiteRfc4121; });
}

Result<OpenedBody> OpenedBody::Parse(ByteView body) {
  return OpenedFrom(
      TRY(TlvMap::Parse(body, {TlvType::kVersion, TlvType::kSuite, TlvType::kToken,
                               TlvType::kFeatures, TlvType::kShareAnswer, TlvType::kProof})));
}

Bytes OpenedBody::Serialize() const {
  ByteWriter out;
  AppendOpened(out, *this);
  return out.Release();
}

std::string_view RefusalText(RefusalCode code) {
  switch (code) {
    case RefusalCode::kRefused:
      return "refused";
    case RefusalCode::kBusy:
      return "busy";
    case RefusalCode::kBadVersion:
      return "bad version";
    case RefusalCode::kNoRoute:
      return "no route";
    case RefusalCode::kShuttingDown:
      return "shutting down";
  }
  return "unknown reason";
}

Result<RefusedBody> RefusedBody::Parse(ByteView body) {
  ByteReader reader(body);
  auto code = reader.U16();
  auto length = reader.U8();
  if (!code || !length) return Fail("REFUSED is cut short");
  auto text = reader.Take(*length);
  if (!text) return Fail("REFUSED is cut short");

  RefusedBody refused;
  refused.code = static_cast<RefusalCode>(*code);
  refused.text = AsText(*text);
  const TlvMap map = TRY(TlvMap::Parse(
      reader.Rest(), {TlvType::kVersion, TlvType::kSuite, TlvType::kToken, TlvType::kVerdict}));

  if (!map.Find(TlvType::kVerdict)) return refused;
  const ByteView verdict = TRY(map.Get(TlvType::kVerdict, 1, kMaxTokenSize));
  refused.verdict.assign(verdict.begin(), verdict.end());
  refused.opened = TRY(OpenedFrom(map));
  return refused;
}

Bytes RefusedBody::Serialize() const {
  const std::string_view short_text = std::string_view(text).substr(0, 255);
  ByteWriter out;
  out.U16(static_cast<std::uint16_t>(code));
  out.U8(static_cast<std::uint8_t>(short_text.size())).Append(short_text);
  if (has_verdict()) {
    AppendOpened(out, opened);
    AppendTlv(out, TlvType::kVerdict, verdict);
  }
  return out.Release();
}

Bytes OpenBindingBytes(ByteView open_body) {
  return ByteWriter()
      .Append(kBindingLabel)
      .Append(WithoutTlvs(open_body, {TlvType::kHopLimit, TlvType::kToken}))
      .Release();
}

Bytes RekeyBindingBytes(Epoch next, ByteView exporter) {
  return ByteWriter().Append(kRekeyBindingLabel).U16(next.value()).Append(exporter).Release();
}

Bytes ConfirmBytes(ByteView open_body, ByteView opened_body) {
  return ByteWriter()
      .Append(kConfirmLabel)
      .Block32(WithoutTlvs(open_body, {TlvType::kHopLimit}))
      .Block32(opened_body)
      .Release();
}

Bytes RekeyConfirmBytes(Epoch next, ByteView token, ByteView reply_token) {
  return ByteWriter()
      .Append(kRekeyConfirmLabel)
      .U16(next.value())
      .Block32(token)
      .Block32(reply_token)
      .Release();
}

Bytes ProofBytes(ByteView open_body, ByteView opened_body) {
  return ByteWriter()
      .Append(kProofLabel)
      .Block32(WithoutTlvs(open_body, {TlvType::kHopLimit}))
      .Block32(WithoutTlvs(opened_body, {TlvType::kProof}))
      .Release();
}

Bytes TranscriptBytes(ByteView open_body, ByteView opened_body) {
  return ByteWriter()
      .Append(kTranscriptLabel)
      .Block32(WithoutTlvs(open_body, {TlvType::kHopLimit}))
      .Block32(opened_body)
      .Release();
}

Result<Bytes> WithOneHopLess(ByteView open_body) {
  OpenBody open = TRY(OpenBody::Parse(open_body));
  if (open.hop_limit == 0) return Fail("no hop left");
  Bytes passed_on(open_body.begin(), open_body.end());
  for (std::size_t at = 0; at + 3 <= passed_on.size();
       at += 3 + LoadBigEndian<2>(&passed_on[at + 1])) {
    if (passed_on[at] == static_cast<std::uint8_t>(TlvType::kHopLimit)) --passed_on[at + 3];
  }
  return passed_on;
}

}  // namespace funnel::wire
