// From a channel's first frame to its end: which state it is in, what either end has said about
// closing, and until when that is waited for. Owned by the channel, which acts on what this says:
// it resets the sessions and calls the owner.
//
// States only go forward. An end begins with our own word (BeginClose), with the peer's once all
// that it promised is here (OnFarewell, TakeFarewell), or with the link (CloseLink); Finish() is
// the last call.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/wire/frame/types.h"

namespace funnel::wire {

// kClosing: our FAREWELL waits to go out, or the peer's for what is still on its way to readers.
enum class ChannelState { kConfirming, kOpen, kClosing, kEnded };

// The code with which the channel ends.
struct EndState {
  EndCode code;
  std::string text;
  bool clean;
};

class Lifecycle {
 public:
  explicit Lifecycle(TimePoint confirm_deadline) : confirm_deadline_(confirm_deadline) {}

  // --- what it is
  [[nodiscard]] ChannelState state() const { return state_; }
  [[nodiscard]] bool IsEnded() const { return state_ == ChannelState::kEnded; }
  // No end has begun: the owner may send and rekey.
  [[nodiscard]] bool IsLive() const {
    return state_ == ChannelState::kConfirming || state_ == ChannelState::kOpen;
  }
  // Frames arrive in both directions: time for PING and rekeying.
  [[nodiscard]] bool IsOpen() const { return state_ == ChannelState::kOpen && !link_closed_; }
  [[nodiscard]] bool TakesSessions() const { return IsLive() && !link_closed_; }
  // The peer has said FAREWELL, all of it is here, and slow readers keep the rest.
  [[nodiscard]] bool IsDraining() const { return HasTakenFarewell() && !IsEnded(); }
  // Either end has said, or is about to say, FAREWELL.
  [[nodiscard]] bool IsClosing() const { return ours_ || HasTakenFarewell(); }
  // Whether a frame that comes still matters: not after our own word, nor after all of the peer's.
  [[nodiscard]] bool Listens() const { return !IsEnded() && !IsClosing(); }
  // Frames that go out still reach the peer.
  [[nodiscard]] bool Speaks() const { return !IsEnded() && !link_closed_; }
  [[nodiscard]] bool is_link_closed() const { return link_closed_; }

  // --- its begin
  // The peer's CONFIRM was right. False: that was known already.
  bool Confirm();
  [[nodiscard]] bool IsConfirmOverdue(TimePoint now) const {
    return state_ == ChannelState::kConfirming && now >= confirm_deadline_;
  }

  // --- its end
  // Our word: FAREWELL waits until DEADLINE for its turn. False: an end has begun already.
  bool BeginClose(EndCode code, std::string_view text, bool clean, TimePoint deadline);
  // Ours; nullptr: not said.
  [[nodiscard]] const EndState* ours() const { return ours_ ? &*ours_ : nullptr; }

  // The peer's FAREWELL came, at most once.
  void OnFarewell(EndCode code, std::string_view text);
  [[nodiscard]] bool HasFarewell() const { return theirs_.has_value(); }
  // The peer's FAREWELL came, and nothing of ours goes before it.
  [[nodiscard]] bool FollowsFarewell() const { return theirs_ && !IsEnded() && !ours_; }
  // All that the peer had sent before it is here; readers have until DEADLINE.
  void TakeFarewell(TimePoint deadline);
  [[nodiscard]] bool HasTakenFarewell() const { return theirs_ && theirs_->taken; }
  // The end that it gives the channel. Needs HasFarewell().
  [[nodiscard]] const EndState& farewell() const { return theirs_->end; }

  // Nothing goes out any more, and if ABRUPT nothing comes. Returns the end, if the channel ends at
  // once; nullopt: what is missing is waited for until DEADLINE, or an end that is under way goes
  // on.
  [[nodiscard]] std::optional<EndState> CloseLink(bool abrupt, TimePoint deadline);

  // The end of the channel if its time is up at NOW; nullopt: it is not.
  [[nodiscard]] std::optional<EndState> EndAt(TimePoint now) const;
  // When EndAt() or IsConfirmOverdue() should be asked again.
  [[nodiscard]] std::optional<TimePoint> NextTimer() const;

  // False: it is over already.
  bool Finish();

 private:
  struct Theirs {
    EndState end;
    bool taken = false;
  };

  void SetState(ChannelState state);
  [[nodiscard]] bool IsConsistent() const;

  const TimePoint confirm_deadline_;
  ChannelState state_ = ChannelState::kConfirming;
  std::optional<EndState> ours_;
  std::optional<Theirs> theirs_;
  std::optional<TimePoint> end_deadline_;
  bool link_closed_ = false;
};

}  // namespace funnel::wire
