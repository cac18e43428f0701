#include "common/seal/sha384.h"

#include <openssl/sha.h>

namespace funnel::seal {

Sha384Digest Sha384(ByteView bytes) {
  Sha384Digest digest;
  SHA384(bytes.data(), bytes.size(), digest.data());
  return digest;
}

}  // namespace funnel::seal
