#include "common/seal/frame_cipher.h"

#include "common/seal/aead_cipher.h"
#include "common/seal/token_cipher.h"
#include "common/wire/frame/suite.h"

namespace funnel::seal {

Result<std::unique_ptr<wire::FrameCipher>> MakeFrameCipher(const FrameKeys& keys) {
  const wire::SuiteTraits* suite = wire::FindSuite(keys.suite);
  if (suite == nullptr) return Fail("authd gave keys of suite " + std::to_string(keys.suite));
  if (suite->has_share)
    return MakeAeadCipher({.aead = suite->is_chacha ? Aead::kChaCha20Poly1305 : Aead::kAes256Gcm,
                           .material = keys.key,
                           .our_role = keys.our_role,
                           .channel = keys.channel,
                           .epoch = keys.epoch});
  const auto enctype = EnctypeFromNumber(keys.enctype);
  if (!enctype) return Fail("authd gave a key of type " + std::to_string(keys.enctype));
  return MakeTokenCipher(*enctype, keys.key, keys.our_role);
}

}  // namespace funnel::seal
