#include "common/wire/channel/lifecycle.h"

#include <algorithm>
#include <cassert>

namespace funnel::wire {
namespace {

constexpr std::size_t kMaxFarewellText = 255;

std::string Cut(std::string_view text) { return std::string(text.substr(0, kMaxFarewellText)); }

}  // namespace

void Lifecycle::SetState(ChannelState state) {
  assert(state > state_);
  state_ = state;
  assert(IsConsistent());
}

bool Lifecycle::IsConsistent() const {
  if (ours_ && HasTakenFarewell()) return false;
  if (IsClosing() && IsLive()) return false;
  return state_ != ChannelState::kClosing || (IsClosing() && end_deadline_);
}

bool Lifecycle::Confirm() {
  if (state_ != ChannelState::kConfirming) return false;
  SetState(ChannelState::kOpen);
  return true;
}

bool Lifecycle::BeginClose(EndCode code, std::string_view text, bool clean, TimePoint deadline) {
  if (!IsLive()) return false;
  ours_ = EndState{code, Cut(text), clean};
  end_deadline_ = deadline;
  SetState(ChannelState::kClosing);
  return true;
}

void Lifecycle::OnFarewell(EndCode code, std::string_view text) {
  assert(!theirs_);
  theirs_ = Theirs{{code, Cut(text), /*clean=*/true}};
}

void Lifecycle::TakeFarewell(TimePoint deadline) {
  assert(FollowsFarewell() && !theirs_->taken);
  theirs_->taken = true;
  end_deadline_ = deadline;
  SetState(ChannelState::kClosing);
}

std::optional<EndState> Lifecycle::CloseLink(bool abrupt, TimePoint deadline) {
  if (IsEnded()) return std::nullopt;
  link_closed_ = true;
  if (HasTakenFarewell()) return std::nullopt;  // all is here; sessions drain
  if (ours_) return EndState{ours_->code, ours_->text, /*clean=*/false};
  if (abrupt)
    return EndState{EndCode::kTruncated, "the link to the far end broke", /*clean=*/false};

  if (!end_deadline_) end_deadline_ = deadline;
  return std::nullopt;
}

std::optional<EndState> Lifecycle::EndAt(TimePoint now) const {
  if (!end_deadline_ || now < *end_deadline_) return std::nullopt;
  if (ours_) return EndState{ours_->code, ours_->text, /*clean=*/false};
  if (HasTakenFarewell()) return theirs_->end;
  return EndState{EndCode::kTruncated, "the channel was cut off", /*clean=*/false};
}

std::optional<TimePoint> Lifecycle::NextTimer() const {
  if (state_ != ChannelState::kConfirming) return end_deadline_;
  return end_deadline_ ? std::min(*end_deadline_, confirm_deadline_) : confirm_deadline_;
}

bool Lifecycle::Finish() {
  if (IsEnded()) return false;
  SetState(ChannelState::kEnded);
  return true;
}

}  // namespace funnel::wire
