// A key for one use out of a Kerberos protocol key: RFC 3961 section 5.1 for the SHA-1 enctypes,
// RFC 8009 section 3 for the SHA-2 ones.
#pragma once

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/seal/enctype.h"

namespace funnel::seal {

// RFC 4121 section 2.
constexpr std::uint32_t kUsageAcceptorSeal = 22;
constexpr std::uint32_t kUsageInitiatorSeal = 24;

// RFC 3961 section 5.3: the byte behind the usage number.
enum class KeyPurpose : std::uint8_t { kEncryption = 0xAA, kIntegrity = 0x55, kChecksum = 0x99 };

[[nodiscard]] Result<Secret> DeriveKey(Enctype enctype, ByteView protocol_key, std::uint32_t usage,
                                       KeyPurpose purpose);

// RFC 3961 section 5.1: INPUT folded to SIZE bytes.
[[nodiscard]] Bytes NFold(ByteView input, std::size_t size);

}  // namespace funnel::seal
