#include "common/wire/session/shared_buffer.h"

#include <algorithm>

namespace funnel::wire {
namespace {

// What a session may hold of the free part: if it has not read lately, 1/64 of what is above the
// last quarter of the pool; if it reads, a quarter of what is above the last sixteenth.
constexpr std::uint64_t kFreshPart = 64;
constexpr std::uint64_t kReadingPart = 4;
// A session's own part as the receiver holds it: in a few pieces.
constexpr std::uint64_t kReservedMemory = kReservedShare + 4 * SharedBuffer::kWaitingCost;
// For the sessions' own parts, when nothing else is free.
constexpr std::uint64_t kLeastInFlight = 64 << 10;

std::uint64_t Beyond(std::uint64_t value, std::uint64_t least) {
  return value > least ? value - least : 0;
}

}  // namespace

void SharedBuffer::Move(std::uint64_t before, std::uint64_t after) {
  held_ += after - before;
  excess_ += Beyond(after, kReservedMemory) - Beyond(before, kReservedMemory);
}

std::uint64_t SharedBuffer::free() const { return Beyond(pool_, excess_); }

std::uint64_t SharedBuffer::InFlight(std::uint64_t sessions) const {
  const std::uint64_t room = free();
  const std::uint64_t taken = pool_ - room;
  const std::uint64_t in_all = pool_ + sessions * kReservedMemory;
  const std::uint64_t left = Beyond(in_all, held_);
  return std::max(room - std::min(room / 2, taken), std::min(kLeastInFlight, left));
}

bool SharedBuffer::IsWorthTelling(std::uint64_t room) const {
  if (!reported_) return room < pool_ / 2;
  if (room >= pool_ / 4 * 3) return true;
  // Nobody's part depends on what is below the last sixteenth.
  const std::uint64_t least = pool_ / 16;
  if (*reported_ > least && room < *reported_ / 4 * 3) return true;
  return room > std::max(*reported_ * 2, least);
}

std::optional<ShareRecord> SharedBuffer::Report() {
  const std::uint64_t room = free();
  if (!IsWorthTelling(room)) return std::nullopt;
  const bool enough = room >= pool_ / 2;
  reported_ = enough ? std::nullopt : std::optional(room);
  ++serial_;
  if (enough) return ShareRecord{serial_, kUnlimitedShare, kUnlimitedShare};
  return ShareRecord{serial_, kReservedShare + Beyond(room, pool_ / 4) / kFreshPart,
                     kReservedShare + Beyond(room, pool_ / 16) / kReadingPart};
}

bool Restraint::OnShare(const ShareRecord& share) {
  if (share.serial <= share_.serial) return false;
  share_ = share;
  return true;
}

std::uint64_t Restraint::LimitFor(bool reads) const {
  // With less than its own part a session could never send.
  return std::max(reads ? share_.reading : share_.fresh, kReservedShare);
}

}  // namespace funnel::wire
