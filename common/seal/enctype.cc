#include "common/seal/enctype.h"

#include <cassert>

namespace funnel::seal {
namespace {

using Hash = EnctypeTraits::Hash;
constexpr EnctypeTraits kAes128Sha1Traits{Hash::kSha1, 16, 16, 12, "aes128-cts-hmac-sha1-96"};
constexpr EnctypeTraits kAes256Sha1Traits{Hash::kSha1, 32, 32, 12, "aes256-cts-hmac-sha1-96"};
constexpr EnctypeTraits kAes128Sha256Traits{Hash::kSha256, 16, 16, 16,
                                            "aes128-cts-hmac-sha256-128"};
constexpr EnctypeTraits kAes256Sha384Traits{Hash::kSha384, 32, 24, 24,
                                            "aes256-cts-hmac-sha384-192"};

}  // namespace

std::optional<Enctype> EnctypeFromNumber(std::int64_t number) {
  if (number < 17 || number > 20) return std::nullopt;
  return static_cast<Enctype>(number);
}

const EnctypeTraits& TraitsOf(Enctype enctype) {
  switch (enctype) {
    case Enctype::kAes128Sha1:
      return kAes128Sha1Traits;
    case Enctype::kAes256Sha1:
      return kAes256Sha1Traits;
    case Enctype::kAes128Sha256:
      return kAes128Sha256Traits;
    case Enctype::kAes256Sha384:
      return kAes256Sha384Traits;
  }
  assert(!"an Enctype comes from EnctypeFromNumber");
  __builtin_unreachable();
}

}  // namespace funnel::seal
