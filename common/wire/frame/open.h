// The bodies of the handshake's frames, OPEN, OPENED and REFUSED, and what is hashed over them.
// Hashing itself is done where there is a crypto library (authd).
#pragma once

#include <array>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/wire/frame/feature_set.h"
#include "common/wire/frame/feeds.h"
#include "common/wire/frame/suite.h"

namespace funnel::wire {

constexpr std::uint8_t kProtocolVersion = 1;
// Mandatory (suite.h).
constexpr std::uint16_t kSuiteRfc4121 = 1;
// The service of stream 0, whose two ends are the authds.
constexpr std::string_view kPeerService = "@peer";
constexpr std::uint8_t kDefaultHopLimit = 8;
constexpr std::size_t kNonceSize = 32;
// What fits a field.
constexpr std::size_t kMaxTokenSize = 0xFFFF;

// Initiator to acceptor: what it speaks, what it wants, who it is.
struct OpenBody {
  std::vector<std::uint8_t> versions{kProtocolVersion};
  SuiteList suites{kSuiteRfc4121};  // the first is the one that the initiator likes best
  std::string service;              // the wire name
  std::string target;               // node
  std::array<std::uint8_t, kNonceSize> nonce{};
  std::uint8_t hop_limit = kDefaultHopLimit;
  Features features;         // none: the field is left out
  std::vector<Feed> fed_by;  // none: the field is left out
  Bytes x25519_share;        // none: the field is left out
  Bytes ml_kem_key;          // none: the field is left out
  Bytes token;

  [[nodiscard]] static Result<OpenBody> Parse(ByteView body);
  [[nodiscard]] Bytes Serialize() const;
  // Whether SUITE is listed and what it takes is there.
  [[nodiscard]] bool Offers(std::uint8_t version, std::uint16_t suite) const;
  // Whether anything but suite 1 is listed: OPENED is then expected to have a proof, which an
  // acceptor of version 0.1.0 does not give.
  [[nodiscard]] bool OffersMore() const;
};

// Acceptor to initiator. CONFIRM proves later that nobody else made the acceptor's choice.
struct OpenedBody {
  std::uint8_t version = kProtocolVersion;
  std::uint16_t suite = kSuiteRfc4121;
  Features features;   // of those in OPEN; none: the field is left out
  Bytes share_answer;  // there where the suite has shares, and only there
  Bytes proof;         // over ProofBytes(); to an OPEN that offers more than suite 1
  Bytes token;

  [[nodiscard]] static Result<OpenedBody> Parse(ByteView body);
  [[nodiscard]] Bytes Serialize() const;
};

// All that an unauthenticated REFUSED says.
enum class RefusalCode : std::uint16_t {
  kRefused = 1,
  kBusy = 2,
  kBadVersion = 3,
  kNoRoute = 4,
  kShuttingDown = 5,
};
[[nodiscard]] std::string_view RefusalText(RefusalCode code);

//   code 16, text length 8, text, then optional TLVs: version, suite, token, verdict
struct RefusedBody {
  RefusalCode code = RefusalCode::kRefused;  // codes that we do not know are kept as they came
  std::string text;                          // UTF-8, at most 255 bytes; escape it before logging
  // For an initiator that was authenticated and is not allowed: its authd completes the context
  // with `opened` and unwraps the reason, which then is as trustworthy as the acceptor.
  OpenedBody opened;
  Bytes verdict;

  [[nodiscard]] bool has_verdict() const { return !verdict.empty(); }
  [[nodiscard]] static Result<RefusedBody> Parse(ByteView body);
  [[nodiscard]] Bytes Serialize() const;
};

// What the channel bindings are the SHA-256 of: a label, then every TLV of OPEN in order, with type
// and length, except hop limit (relays change it) and token (it contains the bindings). OPEN_BODY
// parses.
[[nodiscard]] Bytes OpenBindingBytes(ByteView open_body);
// The same for a rekey: a label, the new epoch, the old epoch's exporter secret.
[[nodiscard]] Bytes RekeyBindingBytes(Epoch next, ByteView exporter);
// What CONFIRM of suite 1 is the SHA-256 of: a label, OPEN less hop limit and OPENED, each behind
// its length in 32 bits. For a rekey both bodies are the bare tokens.
[[nodiscard]] Bytes ConfirmBytes(ByteView open_body, ByteView opened_body);
[[nodiscard]] Bytes RekeyConfirmBytes(Epoch next, ByteView token, ByteView reply_token);

// What OPENED's proof is made of: a label, OPEN less hop limit and OPENED less the proof, each
// behind its length in 32 bits.
[[nodiscard]] Bytes ProofBytes(ByteView open_body, ByteView opened_body);
// What keys of suites above 1 are bound to: a label, OPEN less hop limit and OPENED, likewise.
[[nodiscard]] Bytes TranscriptBytes(ByteView open_body, ByteView opened_body);

// A relay passes OPEN on with one hop less. Fails when none is left.
[[nodiscard]] Result<Bytes> WithOneHopLess(ByteView open_body);

}  // namespace funnel::wire
