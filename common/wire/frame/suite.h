// The ways in which a channel can be sealed, by their numbers in OPEN and OPENED
// (man/funnel-protocol.7, SUITES). What a number means for keys and bytes is said here alone; which
// ones a node offers and takes is authd's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace funnel::wire {

enum class Suite : std::uint16_t {
  kRfc4121 = 1,  // RFC 4121 Wrap tokens under the acceptor subkey; every node has it
  kX25519AesGcm = 2,
  kHybridAesGcm = 3,  // X25519 and ML-KEM-768
  kX25519ChaCha = 4,
  kHybridChaCha = 5,
};

struct SuiteTraits {
  Suite suite;
  std::string_view name;
  bool has_share;   // both ends give an X25519 share, which is what keeps recorded traffic secret
  bool has_ml_kem;  // and an ML-KEM-768 key and ciphertext
  bool is_chacha;   // ChaCha20-Poly1305, else AES-256-GCM; where has_share
};

inline constexpr SuiteTraits kSuiteTable[] = {
    {Suite::kRfc4121, "rfc4121", false, false, false},
    {Suite::kX25519AesGcm, "x25519-aes256gcm", true, false, false},
    {Suite::kHybridAesGcm, "x25519mlkem768-aes256gcm", true, true, false},
    {Suite::kX25519ChaCha, "x25519-chacha20poly1305", true, false, true},
    {Suite::kHybridChaCha, "x25519mlkem768-chacha20poly1305", true, true, true},
};

// nullptr: a number that we do not know.
[[nodiscard]] constexpr const SuiteTraits* FindSuite(std::uint16_t number) {
  for (const SuiteTraits& traits : kSuiteTable)
    if (static_cast<std::uint16_t>(traits.suite) == number) return &traits;
  return nullptr;
}

// In order of preference. Of a peer's: with numbers that we do not know.
using SuiteList = std::vector<std::uint16_t>;

// Sizes of what the ends give each other: RFC 7748 section 5, FIPS 203 section 8.
constexpr std::size_t kX25519ShareSize = 32;
constexpr std::size_t kMlKemKeySize = 1184;
constexpr std::size_t kMlKemCiphertextSize = 1088;
// HMAC-SHA-384.
constexpr std::size_t kProofSize = 48;

}  // namespace funnel::wire
