#include "common/wire/channel/rekeying.h"

#include <algorithm>
#include <chrono>

#include "common/wire/frame/open.h"

namespace funnel::wire {
namespace {

// The channel ends rather than use this epoch.
constexpr std::uint16_t kForbiddenEpoch = 65535;
// When a rekey is due, in per cent of the context's life.
constexpr int kRekeyAt = 80;
// How much earlier the initiator gives up a key, in per cent of what the key may be used for.
constexpr std::uint64_t kMargin = 12;

// When EPOCH has lived long enough.
std::chrono::nanoseconds OldAt(const EpochState& epoch) {
  const auto life = epoch.keys.expires.since_boot - epoch.installed.since_boot;
  return epoch.installed.since_boot + life / 100 * kRekeyAt;
}

bool IsToken(ByteView token) { return !token.empty() && token.size() <= kMaxTokenSize; }

}  // namespace

Epoch Rekeying::next() const {
  return Epoch(static_cast<std::uint16_t>(epochs_.current().number.value() + 1));
}

bool Rekeying::IsWornOut(BootTime boot_now) const {
  const EpochState& epoch = epochs_.current();
  return epoch.frames >= settings_.rekey_after_frames ||
         epoch.bytes >= settings_.rekey_after_bytes || boot_now.since_boot >= OldAt(epoch);
}

// Both ends count the same frames: if both closed at once, neither would receive all of what the
// other sent. So the initiator, who should have changed the key, closes first; one of version 0.1.0
// never does.
bool Rekeying::IsUsedUp() const {
  const EpochState& epoch = epochs_.current();
  const std::uint64_t margin = role_ == Role::kInitiator ? kMargin : 0;
  const auto is_used = [margin](std::uint64_t used, std::uint64_t most) {
    return used >= most - most / 100 * margin;
  };
  return is_used(epoch.frames, settings_.max_key_frames) ||
         is_used(epoch.bytes, settings_.max_key_bytes);
}

Rekeying::Due Rekeying::Check(TimePoint now, BootTime boot_now) {
  if (role_ != Role::kInitiator || turn_ != Turn::kIdle || epochs_.HasOld() || now < not_before_ ||
      !IsWornOut(boot_now))
    return Due::kNo;
  if (next().value() == kForbiddenEpoch) return Due::kUsedUp;

  turn_ = Turn::kAsked;
  return Due::kAsk;
}

std::optional<TimePoint> Rekeying::NextTimer(TimePoint now, BootTime boot_now) const {
  if (role_ != Role::kInitiator || turn_ != Turn::kIdle || epochs_.HasOld()) return std::nullopt;
  TimePoint due = now;
  if (!IsWornOut(boot_now))
    due += std::chrono::duration_cast<Duration>(OldAt(epochs_.current()) - boot_now.since_boot);
  return std::max(due, not_before_);
}

void Rekeying::Start(ByteView token, TimePoint now) {
  if (turn_ != Turn::kAsked) return;
  if (!IsToken(token)) return Fail(now, /*report_to_peer=*/true);
  turn_ = Turn::kSent;
  control_.Push(RekeyRecord{token});
}

EpochState* Rekeying::Install(EpochKeys keys, BootTime boot_now) {
  if (turn_ != Turn::kSent) return nullptr;
  turn_ = Turn::kIdle;
  return &epochs_.Add(std::move(keys), boot_now);
}

// The initiator may be done with the epoch before while we still wait for its last frames.
Checked<std::optional<Bytes>> Rekeying::NextToken() {
  if (waiting_.empty() || epochs_.HasOld()) return std::nullopt;
  if (next().value() == kForbiddenEpoch) return Violates("a rekey beyond the last epoch");
  turn_ = Turn::kAnswering;
  return std::exchange(waiting_, {});
}

void Rekeying::Answer(ByteView token, EpochKeys keys, TimePoint now, BootTime boot_now) {
  if (turn_ != Turn::kAnswering) return;
  if (!IsToken(token)) return Fail(now, /*report_to_peer=*/true);
  turn_ = Turn::kIdle;
  epochs_.Add(std::move(keys), boot_now);
  control_.Push(RekeyRecord{token});
}

Checked<Rekeying::Received> Rekeying::OnRekey(const RekeyRecord& record,
                                              const EpochState& received_in, TimePoint now) {
  // It is about the epoch after the one that it came in.
  if (&received_in != &epochs_.current()) return Received::kNothing;

  if (role_ == Role::kAcceptor) {
    if (record.token.empty() || turn_ != Turn::kIdle || !waiting_.empty())
      return Violates("a rekey out of turn");
    waiting_.assign(record.token.begin(), record.token.end());
    return Received::kAsked;
  }

  if (turn_ != Turn::kSent) return Violates("an answer to no rekey");
  if (!record.token.empty()) return Received::kToken;
  Fail(now, /*report_to_peer=*/false);
  return Received::kRefused;
}

void Rekeying::Fail(TimePoint now, bool report_to_peer) {
  if (turn_ == Turn::kIdle) return;
  // The initiator would wait for ever otherwise.
  if (turn_ == Turn::kAnswering && report_to_peer) control_.Push(RekeyRecord{});
  turn_ = Turn::kIdle;
  not_before_ = now + settings_.rekey_retry;
}

}  // namespace funnel::wire
