// MD5 (RFC 1321) and HMAC-MD5 (RFC 2104), for peers whose protocol has nothing else: RADIUS.
#pragma once

#include <array>
#include <initializer_list>

#include "common/base/bytes.h"

namespace funnel::seal {

constexpr std::size_t kMd5Size = 16;
using Md5Digest = std::array<std::uint8_t, kMd5Size>;

// Of PARTS, one behind the other.
[[nodiscard]] Md5Digest Md5(std::initializer_list<ByteView> parts);
[[nodiscard]] Md5Digest HmacMd5(ByteView key, ByteView message);

}  // namespace funnel::seal
