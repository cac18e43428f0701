// Frames of suites above 1: AES-256-GCM (NIST SP 800-38D) or ChaCha20-Poly1305 (RFC 8439).
//
//   +--------------+----------------------------+---------+
//   | sequence 48  | encrypted: the plaintext   | tag 128 |
//   +--------------+----------------------------+---------+
//
// The nonce is the direction's IV, its last 48 bits xor the sequence. Associated data are the
// frame's clear header without its lifetime, which relays change, and the sequence.
#pragma once

#include <memory>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/wire/frame/crypto.h"
#include "common/wire/frame/types.h"

namespace funnel::seal {

enum class Aead { kAes256Gcm, kChaCha20Poly1305 };

// What a sealed frame is longer than its plaintext.
constexpr std::size_t kAeadOverhead = 6 + 16;

struct AeadKeys {
  Aead aead;
  ByteView material;  // kAeadMaterialSize bytes of the key schedule; copied into the cipher
  wire::Role our_role;
  // As the frames' clear headers have them.
  ChannelId channel;
  Epoch epoch;
};

// Seals each sequence once, in rising order: one that is not above the last is an error, and
// nothing is written, whatever became of the former. Allocates nothing per frame. Not thread-safe.
[[nodiscard]] Result<std::unique_ptr<wire::FrameCipher>> MakeAeadCipher(const AeadKeys& keys);

}  // namespace funnel::seal
