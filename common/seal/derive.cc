#include "common/seal/derive.h"

#include "common/seal/hmac.h"

namespace funnel::seal {

Secret DeriveSecret(Enctype enctype, ByteView subkey, std::string_view label) {
  const Bytes input =
      ByteWriter().Append(label).U8(0).U16(static_cast<std::uint16_t>(enctype)).Release();
  Secret derived(kExporterSize);
  Hmac::Make(EnctypeTraits::Hash::kSha256, subkey)->Sign(input, derived.writable());
  return derived;
}

}  // namespace funnel::seal
