#include "common/seal/sha256.h"

#include <openssl/sha.h>

namespace funnel::seal {

Sha256Digest Sha256(ByteView bytes) {
  Sha256Digest digest;
  SHA256(bytes.data(), bytes.size(), digest.data());
  return digest;
}

}  // namespace funnel::seal
