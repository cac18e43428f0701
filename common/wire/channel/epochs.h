// The live epochs of a channel: the one we send in, an older one whose last frames are still on
// their way, and perhaps a newer one that the initiator has not used yet.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/ids.h"
#include "common/wire/channel/arrivals.h"
#include "common/wire/channel/epoch_keys.h"
#include "common/wire/frame/record.h"

namespace funnel::wire {

// How long after the end of its context a key is still used, and when FAREWELL is said before that:
// early enough that the peer, whose clock is not ours, still takes it.
constexpr Duration kAfterExpiry = std::chrono::seconds(60);
constexpr Duration kFarewellAfterExpiry = std::chrono::seconds(50);

struct EpochState {
  EpochState(Epoch epoch, EpochKeys given, BootTime now)
      : number(epoch), keys(std::move(given)), installed(now) {}

  Epoch number;
  EpochKeys keys;
  BootTime installed;

  // Receiving.
  Arrivals arrivals;
  bool peer_confirmed = false;  // the peer's CONFIRM was checked

  // Sending.
  bool we_are_confirmed = false;  // the peer has checked ours
  std::uint64_t next_sequence = 0;
  std::uint64_t reliable_sent = 0;

  // Both ways, for the limits of one key.
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;

  // Set once a newer epoch is in use: from then on this one only waits for its last frames.
  std::optional<TimePoint> superseded;
};

class Epochs {
 public:
  Epochs(EpochKeys first, BootTime now);

  [[nodiscard]] EpochState* Find(Epoch number);
  // The one we send in.
  [[nodiscard]] EpochState& current() { return *current_; }
  [[nodiscard]] const EpochState& current() const { return *current_; }
  [[nodiscard]] bool HasOld() const { return live_.front().get() != current_; }

  // Adds the epoch behind the current one, in the place of an unused one of that number.
  EpochState& Add(EpochKeys keys, BootTime now);
  // From now on we send in NEXT; the one before is superseded. What its direction of ours held, for
  // NEW_EPOCH.
  NewEpochRecord SwitchTo(EpochState& next, TimePoint now);
  // The end of the epoch before NUMBER, by the peer's word. False: a contradiction.
  [[nodiscard]] bool SetEndBefore(Epoch number, const NewEpochRecord& end, TimePoint now);

  enum class Health { kGood, kMissing };
  // Drops the keys of old epochs that have nothing to come any more. kMissing: one has been waiting
  // for reliable frames for longer than TIMEOUT.
  Health Retire(TimePoint now, Duration timeout);
  // When Retire should be called again.
  [[nodiscard]] std::optional<TimePoint> NextDeadline(Duration timeout) const;
  // Whether all that the peer sent has arrived, as far as one can know.
  [[nodiscard]] bool NothingMissing() const;

 private:
  std::vector<std::unique_ptr<EpochState>> live_;  // by number
  EpochState* current_;
};

}  // namespace funnel::wire
