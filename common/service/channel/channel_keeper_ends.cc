// ChannelKeeper: how attempts and channels end, and the pause that follows.
#include <algorithm>
#include <cassert>

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/service/channel/channel_keeper.h"

namespace funnel::service {

// The old link is destroyed at the end of the turn; the next attempt, which may begin before that,
// has a link of its own.
void ChannelKeeper::DropLink() {
  budget_.reset();
  if (link_ == nullptr) return;
  link_->Abandon();
  dropped_.push_back(std::move(link_));
  clean_up_->Request();
}

void ChannelKeeper::FailByAuthd(const AuthdClient::Failure& failure) {
  std::string text = EscapeForLog(failure.text);
  bool quick = failure.authd_lost || failure.code == ipc::FailureCode::kBusy;
  // What somebody on the path can have changed proves nothing, and must not delay us for long.
  bool unproven = failure.code == ipc::FailureCode::kProtocol;
  FailAttempt(quick      ? RetryDelay::Cause::kLost
              : unproven ? RetryDelay::Cause::kUnproven
                         : RetryDelay::Cause::kProven,
              text, failure.authenticated);
}

void ChannelKeeper::DropAttempt() {
  shared_.authd.Cancel(std::exchange(request_, 0));
  if (open_ && open_->handshake != 0) shared_.authd.GiveUpHandshake(open_->handshake);
  open_.reset();
  control_.reset();
}

void ChannelKeeper::FailAttempt(RetryDelay::Cause cause, const std::string& reason,
                                bool authenticated) {
  // Where nothing was sent, or REFUSED answered it, sctpd lets the same link open again, and shows
  // the reason while the link exists. In all other cases the stream may still be in use.
  const bool refused = open_ && open_->refused;
  bool reusable = refused || state_ == State::kInitiating;
  DropAttempt();
  reason_ = reason;
  bool lost = cause == RetryDelay::Cause::kLost || cause == RetryDelay::Cause::kMoved;
  if (!refused && !lost) shared_.Count(kChannelsFailed);

  Log(lost ? LogLevel::kInfo : LogLevel::kWarning, refused ? "channel-refused" : "channel-failed",
      reason,
      {{"SERVICE", shared_.service.name.text()},
       {"PEER", shared_.service.peer},
       {"LOCAL", shared_.service.identity.text()},
       {"REMOTE", shared_.service.expect.text()},
       {"AUTHENTICATED", authenticated ? "yes" : "no"}});

  if (link_ != nullptr && !link_->lost() && reusable) {
    link_->SendNote({refused ? ipc::NoteState::kRefused : ipc::NoteState::kFailed,
                     shared_.service.identity.text(), shared_.service.expect.text(), reason,
                     authenticated});
  } else {
    DropLink();
  }

  PauseFor(cause);
  if (cause == RetryDelay::Cause::kProven && !stopping_) callbacks_.on_pause(reason);
}

void ChannelKeeper::PauseFor(RetryDelay::Cause cause) {
  SetState(State::kPaused, reason_);
  assert(IsConsistent());
  if (stopping_) return;
  next_try_ = Now() + delay_.Next(cause, shared_.service.retry_min, shared_.service.retry_max);
  timer_->Arm(next_try_);
}

void ChannelKeeper::OnLinkLost(const LinkLoss& loss) {
  DropLink();
  if (state_ == State::kPaused) return;
  std::string why = loss.sctpd_gone ? "funnel-sctpd has gone" : EscapeForLog(loss.text);
  bool moved = !loss.sctpd_gone && loss.code == ipc::LinkEndCode::kMoved;
  FailAttempt(moved ? RetryDelay::Cause::kMoved : RetryDelay::Cause::kLost,
              why.empty() ? "the association ended" : why, false);
}

void ChannelKeeper::OnChannelOver(EdgeChannel& channel, const ChannelEnd& end) {
  const auto at = std::find_if(draining_.begin(), draining_.end(),
                               [&](const auto& one) { return one.get() == &channel; });
  if (at != draining_.end()) {
    draining_.erase(at);
    return callbacks_.on_change();
  }

  channel_.reset();
  reason_ = std::string(wire::EndCodeText(end.code));
  if (end.code == wire::EndCode::kProtocol) reason_ += ": " + end.text;

  // A channel that was up is expected back soon, unless the far end's rule is gone, or one of us
  // sends what the other cannot read.
  const bool proven =
      end.clean && (end.code == wire::EndCode::kRevoked || end.code == wire::EndCode::kProtocol);

  PauseFor(proven      ? RetryDelay::Cause::kProven
           : end.moved ? RetryDelay::Cause::kMoved
                       : RetryDelay::Cause::kLost);
}

// Slow readers take their time; new sessions need a new channel meanwhile.
void ChannelKeeper::OnChannelDraining(EdgeChannel&, wire::EndCode code) {
  draining_.push_back(std::move(channel_));
  reason_ = std::string(wire::EndCodeText(code));
  PauseFor(code == wire::EndCode::kRevoked ? RetryDelay::Cause::kProven : RetryDelay::Cause::kLost);
}

}  // namespace funnel::service
