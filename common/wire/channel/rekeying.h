// The exchange of REKEY records that gives a running channel new keys: when it is due, which end is
// next, and what the peer's records may say. Owned by the channel, to whose epochs it adds; the
// tokens are authd's, and the owner carries them.
//
// One exchange at a time, and none while frames of the epoch before are still on their way.
//   initiator: Check() is kAsk -> Start(token) -> OnRekey() is kToken -> Install(keys)
//   acceptor:  OnRekey() -> NextToken() gives the token -> Answer(token, keys)
// Either: Fail() instead, and the old epoch goes on to its limit.
#pragma once

#include <optional>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/wire/channel/epochs.h"
#include "common/wire/channel/settings.h"
#include "common/wire/frame/record.h"
#include "common/wire/frame/record_queue.h"
#include "common/wire/frame/types.h"
#include "common/wire/frame/violation.h"

namespace funnel::wire {

class Rekeying {
 public:
  // All of them outlive it. Records that are to be sent go to CONTROL.
  Rekeying(Role role, const ChannelSettings& settings, Epochs& epochs, RecordQueue& control)
      : role_(role), settings_(settings), epochs_(epochs), control_(control) {}

  // Whether the present key has been used as much as it may be, as every exchange has failed.
  [[nodiscard]] bool IsUsedUp() const;
  // The number of the epoch that the exchange is about.
  [[nodiscard]] Epoch next() const;

  // --- the initiator's side
  // On a channel that is open. kAsk: the owner is to be asked for a token, once. kUsedUp: there is
  // no epoch to change to.
  enum class Due { kNo, kAsk, kUsedUp };
  [[nodiscard]] Due Check(TimePoint now, BootTime boot_now);
  // When to call Check() again; nullopt: not in this state.
  [[nodiscard]] std::optional<TimePoint> NextTimer(TimePoint now, BootTime boot_now) const;
  void Start(ByteView token, TimePoint now);
  // The epoch to switch to; nullptr: no rekey was asked for.
  [[nodiscard]] EpochState* Install(EpochKeys keys, BootTime boot_now);

  // --- the acceptor's side
  [[nodiscard]] bool HasWaiting() const { return !waiting_.empty(); }
  // The token that waits, if it may be handed to the owner now: once the epoch before is over.
  [[nodiscard]] Checked<std::optional<Bytes>> NextToken();
  void Answer(ByteView token, EpochKeys keys, TimePoint now, BootTime boot_now);

  // --- both
  enum class Received {
    kNothing,  // it speaks of an epoch that is over
    kAsked,    // acceptor: see NextToken()
    kToken,    // initiator: the peer's answer
    kRefused,  // initiator: the exchange is over
  };
  // A REKEY came in a frame of the epoch RECEIVED_IN.
  [[nodiscard]] Checked<Received> OnRekey(const RekeyRecord& record, const EpochState& received_in,
                                          TimePoint now);
  // The peer waits for an answer: TELL_PEER, unless the channel is about to end.
  void Fail(TimePoint now, bool report_to_peer);

  // From now on we send in NEXT, whose first frame announces the end of the one before.
  void SwitchTo(EpochState& next, TimePoint now) { announcement_ = epochs_.SwitchTo(next, now); }
  [[nodiscard]] std::optional<NewEpochRecord> TakeAnnouncement() {
    return std::exchange(announcement_, std::nullopt);
  }

 private:
  enum class Turn {
    kIdle,
    kAsked,      // initiator: the owner gets a token
    kSent,       // initiator: the peer gets an answer
    kAnswering,  // acceptor: the owner gets an answer
  };

  // Whether the present epoch has been used, or has lived, long enough.
  [[nodiscard]] bool IsWornOut(BootTime boot_now) const;

  const Role role_;
  const ChannelSettings& settings_;
  Epochs& epochs_;
  RecordQueue& control_;
  Turn turn_ = Turn::kIdle;
  TimePoint not_before_{};
  Bytes waiting_;  // a REKEY that came while an old epoch was still waited for
  std::optional<NewEpochRecord> announcement_;
};

}  // namespace funnel::wire
