// AES in CBC mode with ciphertext stealing and a zero IV, as Kerberos has it (RFC 3962 section 5,
// "CS3": the last two blocks always swapped), in place.
//
// OpenSSL's plain CBC and a swap of our own: one call for the whole body, and no allocation.
#pragma once

#include <openssl/evp.h>

#include <memory>

#include "common/base/bytes.h"
#include "common/base/error.h"

namespace funnel::seal {

constexpr std::size_t kAesBlock = 16;

namespace internal {
struct CipherContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, CipherContextDeleter>;
}  // namespace internal

class AesCtsEncryptor {
 public:
  // KEY is 16 or 32 bytes.
  [[nodiscard]] static Result<AesCtsEncryptor> Make(ByteView key);
  // At least one block. False: OpenSSL failed, and the content is lost.
  [[nodiscard]] bool EncryptInPlace(MutableByteView bytes);

 private:
  internal::CipherContext cbc_;
};

class AesCtsDecryptor {
 public:
  [[nodiscard]] static Result<AesCtsDecryptor> Make(ByteView key);
  [[nodiscard]] bool DecryptInPlace(MutableByteView bytes);

 private:
  internal::CipherContext cbc_;
  internal::CipherContext block_;  // ECB: the one block outside the chain
};

}  // namespace funnel::seal
