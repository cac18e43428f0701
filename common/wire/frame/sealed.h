// The plaintext of a sealed frame begins with
//
//   +---------+------------------------------+-------------------------------------+
//   | flags 8 |          reliable 40         |             sequence 48             |  records ...
//   +---------+------------------------------+-------------------------------------+
//
// sequence: of this frame, per channel, direction and epoch, from 0. reliable: how many of the
// frames before it (in that same numbering) were reliable; so the first frame that arrives after a
// lost one shows whether the lost one was a reliable one.
#pragma once

#include <optional>

#include "common/base/bytes.h"

namespace funnel::wire {

constexpr std::size_t kSealedHeaderSize = 12;
// The count of reliable frames ends the epoch before the sequence does.
constexpr std::uint64_t kMaxReliableFrames = (std::uint64_t{1} << 40) - 1;

struct SealedHeader {
  bool reliable = false;
  // The sender has checked our CONFIRM of this epoch: we need not repeat it any more.
  bool confirmed = false;
  std::uint64_t reliable_before = 0;
  std::uint64_t sequence = 0;

  // nullopt: shorter than a header, unknown flags, or more reliable frames than frames.
  [[nodiscard]] static std::optional<SealedHeader> Parse(ByteView plaintext);
  void Serialize(std::span<std::uint8_t, kSealedHeaderSize> out) const;
  bool operator==(const SealedHeader&) const = default;
};

}  // namespace funnel::wire
