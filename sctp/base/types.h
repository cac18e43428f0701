// The words that all of sctp/ shares.
#pragma once

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "sctp/base/serial.h"  // IWYU pragma: export

namespace sctp {

using funnel::Bytes;
using funnel::ByteView;
using funnel::Duration;
using funnel::MutableByteView;
using funnel::StreamId;
using funnel::StrongId;
using funnel::TimePoint;

// Names an association in every packet to whoever chose it; 0 only in a packet with INIT (RFC 9260
// section 8.5).
using VerificationTag = StrongId<struct VerificationTagTag, std::uint32_t>;

// Chunks, parameters and causes are padded to this many bytes.
[[nodiscard]] constexpr std::size_t Padded(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}

}  // namespace sctp
