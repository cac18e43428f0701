#include "common/seal/aes_cts.h"

#include <algorithm>
#include <climits>

namespace funnel::seal {
namespace {

constexpr std::uint8_t kZeroBlock[kAesBlock] = {};

enum class CtsDirection : int { kDecrypt = 0, kEncrypt = 1 };

Result<internal::CipherContext> MakeContext(const EVP_CIPHER* cipher, ByteView key,
                                            CtsDirection direction) {
  internal::CipherContext context(EVP_CIPHER_CTX_new());
  if (!context ||
      EVP_CipherInit_ex(context.get(), cipher, nullptr, key.data(), kZeroBlock,
                        static_cast<int>(direction)) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1) {
    return Fail("OpenSSL cannot set up AES");
  }
  return context;
}

Result<internal::CipherContext> MakeCbc(ByteView key, CtsDirection direction) {
  if (key.size() == 16) return MakeContext(EVP_aes_128_cbc(), key, direction);
  if (key.size() == 32) return MakeContext(EVP_aes_256_cbc(), key, direction);
  return Fail("AES key is neither 16 nor 32 bytes");
}

bool Restart(EVP_CIPHER_CTX* context) {
  // -1 and null: key and direction stay.
  return EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, kZeroBlock, -1) == 1;
}

// Whole blocks, on from where the last call ended.
bool Process(EVP_CIPHER_CTX* context, std::uint8_t* at, std::size_t size) {
  int written = 0;
  return size <= INT_MAX &&
         EVP_CipherUpdate(context, at, &written, at, static_cast<int>(size)) == 1 &&
         static_cast<std::size_t>(written) == size;
}

// How many bytes of a message of SIZE bytes, above one block, are its last block: 1 to 16.
std::size_t LastBlock(std::size_t size) { return (size - 1) % kAesBlock + 1; }

}  // namespace

Result<AesCtsEncryptor> AesCtsEncryptor::Make(ByteView key) {
  AesCtsEncryptor made;
  made.cbc_ = TRY(MakeCbc(key, CtsDirection::kEncrypt));
  return made;
}

bool AesCtsEncryptor::EncryptInPlace(MutableByteView bytes) {
  if (bytes.size() < kAesBlock || !Restart(cbc_.get())) return false;
  if (bytes.size() == kAesBlock) return Process(cbc_.get(), bytes.data(), kAesBlock);
  const std::size_t last = LastBlock(bytes.size());
  const std::size_t body = bytes.size() - last;
  std::uint8_t padded[kAesBlock] = {};
  std::copy_n(&bytes[body], last, padded);
  if (!Process(cbc_.get(), bytes.data(), body) || !Process(cbc_.get(), padded, kAesBlock))
    return false;
  std::uint8_t* swapped = &bytes[body - kAesBlock];
  std::copy_n(swapped, last, &bytes[body]);
  std::copy_n(padded, kAesBlock, swapped);
  return true;
}

Result<AesCtsDecryptor> AesCtsDecryptor::Make(ByteView key) {
  AesCtsDecryptor made;
  made.cbc_ = TRY(MakeCbc(key, CtsDirection::kDecrypt));
  made.block_ = TRY(MakeContext(key.size() == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb(), key,
                                CtsDirection::kDecrypt));
  return made;
}

bool AesCtsDecryptor::DecryptInPlace(MutableByteView bytes) {
  if (bytes.size() < kAesBlock || !Restart(cbc_.get())) return false;
  if (bytes.size() == kAesBlock) return Process(cbc_.get(), bytes.data(), kAesBlock);
  const std::size_t last = LastBlock(bytes.size());
  const std::size_t body = bytes.size() - last;
  // The block before the stolen one decrypts to (last plaintext, zero-padded) XOR the stolen block
  // in full: which yields the stolen block's missing bytes and the last plaintext.
  std::uint8_t* swapped = &bytes[body - kAesBlock];
  std::uint8_t mixed[kAesBlock];
  std::copy_n(swapped, kAesBlock, mixed);
  if (!Process(block_.get(), mixed, kAesBlock)) return false;
  std::copy_n(&bytes[body], last, swapped);
  std::copy(mixed + last, mixed + kAesBlock, swapped + last);
  for (std::size_t i = 0; i < last; ++i) bytes[body + i] ^= mixed[i];
  return Process(cbc_.get(), bytes.data(), body);
}

}  // namespace funnel::seal
