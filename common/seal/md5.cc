// libcrypto's plain functions, as in hmac.cc; they also work where a policy keeps EVP_md5() away.
#include "common/seal/md5.h"

#include <openssl/md5.h>
#include <string.h>

#include <algorithm>

namespace funnel::seal {
namespace {

using Block = std::array<std::uint8_t, MD5_CBLOCK>;

Block Padded(Block key, std::uint8_t pad) {
  for (std::uint8_t& byte : key) byte ^= pad;
  return key;
}

}  // namespace

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
Md5Digest Md5(std::initializer_list<ByteView> parts) {
  MD5_CTX state;
  MD5_Init(&state);
  for (const ByteView part : parts) MD5_Update(&state, part.data(), part.size());
  Md5Digest digest;
  MD5_Final(digest.data(), &state);
  // The end of a part may be secret, and lies here.
  explicit_bzero(&state, sizeof state);
  return digest;
}
#pragma GCC diagnostic pop

Md5Digest HmacMd5(ByteView key, ByteView message) {
  Block block = {};
  if (key.size() > block.size()) {
    std::ranges::copy(Md5({key}), block.begin());
  } else {
    std::ranges::copy(key, block.begin());
  }

  Block inner = Padded(block, 0x36), outer = Padded(block, 0x5C);
  const Md5Digest first = Md5({inner, message});
  const Md5Digest digest = Md5({outer, first});
  for (Block* secret : {&block, &inner, &outer}) explicit_bzero(secret->data(), secret->size());
  return digest;
}

}  // namespace funnel::seal
