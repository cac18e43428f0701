// From a handshake to keys, in suites above 1: HKDF-SHA-384 (RFC 5869) over the acceptor subkey and
// what the two ends' ephemeral shares agree on (man/funnel-protocol.7, KEY SCHEDULE).
//
// Pure. All that is secret and not returned is wiped.
#pragma once

#include <cstddef>

#include "common/base/bytes.h"
#include "common/base/secret.h"
#include "common/seal/enctype.h"
#include "common/wire/frame/suite.h"

namespace funnel::seal {

constexpr std::size_t kAeadKeySize = 32;
constexpr std::size_t kAeadIvSize = 12;
// One direction's key and IV; the initiator's come first.
constexpr std::size_t kAeadDirectionSize = kAeadKeySize + kAeadIvSize;
constexpr std::size_t kAeadMaterialSize = 2 * kAeadDirectionSize;

struct ScheduleInput {
  wire::Suite suite;
  ByteView subkey;      // of the acceptor
  ByteView shared;      // ML-KEM's secret if there is one, then X25519's
  ByteView transcript;  // both ends' words, which the keys are bound to
};

// All that leaves authd.
struct ScheduleOutput {
  Secret frames;    // kAeadMaterialSize bytes, for MakeAeadCipher()
  Secret confirm;   // 32 bytes, for CONFIRM
  Secret exporter;  // 32 bytes, for the next rekey's bindings
};
[[nodiscard]] ScheduleOutput RunSchedule(const ScheduleInput& input);

// The acceptor's word, before anything is derived, that nobody on the path has written what
// MESSAGE holds: HMAC-SHA-384, wire::kProofSize bytes, under a key from its subkey.
[[nodiscard]] Bytes ProofOf(Enctype enctype, ByteView subkey, ByteView message);

}  // namespace funnel::seal
