#include "common/seal/key_derivation.h"

#include <algorithm>
#include <numeric>

#include "common/seal/aes_cts.h"
#include "common/seal/hmac.h"

namespace funnel::seal {
namespace {

// DK(key, constant) = the blocks E(n-fold(constant)), E(of that), ... (RFC 3961 section 5.1).
Result<Secret> DeriveRfc3961(ByteView protocol_key, ByteView constant, std::size_t size) {
  AesCtsEncryptor encryptor = TRY(AesCtsEncryptor::Make(protocol_key));
  Secret block(NFold(constant, kAesBlock));
  Secret derived(size);
  for (std::size_t at = 0; at < size; at += kAesBlock) {
    if (!encryptor.EncryptInPlace(block.writable())) return Fail("OpenSSL cannot derive a key");
    std::copy_n(block.view().begin(), std::min(kAesBlock, size - at),
                derived.writable().begin() + static_cast<std::ptrdiff_t>(at));
  }
  return derived;
}

// HMAC(key, 1 as 32 bits | label | 00 | size in bits as 32 bits) (RFC 8009 section 3).
Secret DeriveRfc8009(EnctypeTraits::Hash hash, ByteView protocol_key, ByteView label,
                     std::size_t size) {
  const Bytes input =
      ByteWriter().U32(1).Append(label).U8(0).U32(static_cast<std::uint32_t>(size * 8)).Release();
  Secret derived(size);
  Hmac::Make(hash, protocol_key)->Sign(input, derived.writable());
  return derived;
}

}  // namespace

Bytes NFold(ByteView input, std::size_t size) {
  // Copies of INPUT, each rotated right by 13 bits more than the one before, up to a common
  // multiple of both sizes; then added in pieces of SIZE bytes with end-around carry.
  const std::size_t total = std::lcm(input.size(), size);
  const std::size_t input_bits = input.size() * 8;
  Bytes folded(size, 0);
  unsigned carry = 0;

  auto byte_at = [&](std::size_t position) {
    const std::size_t rotation = 13 * (position / input.size());
    unsigned value = 0;
    for (std::size_t bit = 0; bit < 8; ++bit) {
      const std::size_t from = position % input.size() * 8 + bit + input_bits * 13 * total;
      const std::size_t source = (from - rotation) % input_bits;
      value = value << 1 | (input[source / 8] >> (7 - source % 8) & 1U);
    }
    return value;
  };

  for (std::size_t position = total; position-- > 0;) {
    carry += folded[position % size] + byte_at(position);
    folded[position % size] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }

  for (std::size_t position = size; carry != 0;) {
    position = position == 0 ? size - 1 : position - 1;
    carry += folded[position];
    folded[position] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  return folded;
}

Result<Secret> DeriveKey(Enctype enctype, ByteView protocol_key, std::uint32_t usage,
                         KeyPurpose purpose) {
  const EnctypeTraits& traits = TraitsOf(enctype);
  if (protocol_key.size() != traits.key_bytes) return Fail("key has not its enctype's size");
  const std::size_t size =
      purpose == KeyPurpose::kEncryption ? traits.key_bytes : traits.integrity_bytes;
  const Bytes label = ByteWriter().U32(usage).U8(static_cast<std::uint8_t>(purpose)).Release();
  if (traits.hash == EnctypeTraits::Hash::kSha1) return DeriveRfc3961(protocol_key, label, size);
  return DeriveRfc8009(traits.hash, protocol_key, label, size);
}

}  // namespace funnel::seal
