// What REKEY carries each way in suites above 1: a handshake's fields that are not in OPEN and
// OPENED once more, and a GSS token. (In suite 1 it is the bare token.) The suite is the channel's.
#pragma once

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/wire/frame/suite.h"

namespace funnel::wire {

//   fields: X25519 share, ML-KEM key where SUITE has one, token
struct RekeyBody {
  Bytes x25519_share;
  Bytes ml_kem_key;
  Bytes token;

  [[nodiscard]] static Result<RekeyBody> Parse(const SuiteTraits& suite, ByteView body);
  [[nodiscard]] Bytes Serialize() const;
};

//   fields: answer to the shares, proof, token
struct RekeyAnswer {
  Bytes share_answer;
  Bytes proof;
  Bytes token;

  [[nodiscard]] static Result<RekeyAnswer> Parse(const SuiteTraits& suite, ByteView body);
  [[nodiscard]] Bytes Serialize() const;
};

// As those of open.h, with all of BODY but its token behind the exporter secret, and with the new
// epoch behind the labels.
[[nodiscard]] Bytes RekeyShareBindingBytes(Epoch next, ByteView exporter, ByteView body);
[[nodiscard]] Bytes RekeyProofBytes(Epoch next, ByteView body, ByteView answer);
[[nodiscard]] Bytes RekeyTranscriptBytes(Epoch next, ByteView body, ByteView answer);

}  // namespace funnel::wire
