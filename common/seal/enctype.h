// The Kerberos encryption types that channels are sealed with, by their assigned numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace funnel::seal {

enum class Enctype : std::uint16_t {
  kAes128Sha1 = 17,    // aes128-cts-hmac-sha1-96, RFC 3962
  kAes256Sha1 = 18,    // aes256-cts-hmac-sha1-96, RFC 3962
  kAes128Sha256 = 19,  // aes128-cts-hmac-sha256-128, RFC 8009
  kAes256Sha384 = 20,  // aes256-cts-hmac-sha384-192, RFC 8009; preferred
};

// What differs between them. Sizes in bytes.
struct EnctypeTraits {
  enum class Hash { kSha1, kSha256, kSha384 };
  Hash hash;
  std::size_t key_bytes;        // of the protocol key and of the encryption key
  std::size_t integrity_bytes;  // of the integrity key
  std::size_t mac_bytes;        // of the truncated HMAC that ends a token
  std::string_view name;
  // RFC 8009: the MAC covers the ciphertext. RFC 3962: the plaintext.
  [[nodiscard]] bool mac_covers_ciphertext() const { return hash != Hash::kSha1; }
};

// nullopt: not one of the four.
[[nodiscard]] std::optional<Enctype> EnctypeFromNumber(std::int64_t number);
[[nodiscard]] const EnctypeTraits& TraitsOf(Enctype enctype);

}  // namespace funnel::seal
