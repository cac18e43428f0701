// What a channel needs of cryptography. The wire layer holds no keys and links no crypto library:
// common/seal implements this for RFC 4121 tokens and for AEAD ciphers, tests with a toy.
#pragma once

#include <optional>

#include "common/base/bytes.h"
#include "common/base/error.h"

namespace funnel::wire {

// The keys of one epoch of one channel, both directions. Owned by the channel; used from its
// thread.
class FrameCipher {
 public:
  virtual ~FrameCipher() = default;

  // Bytes that sealing adds: a token is always plaintext + Overhead().
  [[nodiscard]] virtual std::size_t Overhead() const = 0;

  // Seals the concatenation of PIECES into OUT, whose size is exactly theirs + Overhead().
  // SEQUENCE goes in the clear, and need not be secret: into the token's SND_SEQ field (RFC 4121
  // section 4.2.6.2), or in front of the ciphertext. No sequence is sealed twice.
  virtual Result<> Seal(std::uint64_t sequence, std::span<const ByteView> pieces,
                        MutableByteView out) = 0;

  // Opens TOKEN, in place where it can. The result points into TOKEN and lives as long as it. An
  // error means that the token was not made by the peer for this direction of this epoch.
  virtual Result<MutableByteView> Open(MutableByteView token) = 0;

  // The sequence that TOKEN was sealed with, if opening it proves that: then the sealed header must
  // say the same.
  [[nodiscard]] virtual std::optional<std::uint64_t> ClearSequence(ByteView /*token*/) const {
    return std::nullopt;
  }
};

}  // namespace funnel::wire
