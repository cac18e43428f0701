#include "common/seal/confounders.h"

#include <openssl/rand.h>

#include <cstring>

namespace funnel::seal {

bool Confounders::Next(std::uint8_t* out) {
  if (used_ == kPool) {
    if (RAND_bytes(pool_, kPool) != 1) return false;
    used_ = 0;
  }
  std::memcpy(out, pool_ + used_, kSize);
  used_ += kSize;
  return true;
}

}  // namespace funnel::seal
