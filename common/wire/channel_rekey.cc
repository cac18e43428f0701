// New keys for a running channel.
#include "common/wire/channel_impl.h"
#include "common/wire/open.h"

namespace funnel::wire {
namespace {

// The channel ends rather than use this epoch.
constexpr std::uint16_t kForbiddenEpoch = 65535;
// Of a context's life, in per cent.
constexpr int kRekeyAt = 80;

}  // namespace

Epoch Channel::Impl::NextEpoch() const {
  return Epoch(static_cast<std::uint16_t>(epochs_.current().number.value() + 1));
}

bool Channel::Impl::IsRekeyDue() const {
  const EpochState& epoch = epochs_.current();
  const auto life = epoch.keys.expires.since_boot - epoch.installed.since_boot;
  return epoch.frames >= settings_.rekey_after_frames ||
         epoch.bytes >= settings_.rekey_after_bytes ||
         boot_now_.since_boot >= epoch.installed.since_boot + life / 100 * kRekeyAt;
}

// One run at a time, and none while frames of the epoch before are still on their way.
void Channel::Impl::CheckRekey() {
  if (role_ != Role::kInitiator || state_ != State::kOpen || rekey_ != Rekey::kIdle ||
      link_closed_ || epochs_.HasOld() || now_ < rekey_not_before_ || !IsRekeyDue())
    return;
  if (NextEpoch().value() == kForbiddenEpoch)
    return BeginClose(EndCode::kExpired, "all epochs are used up", /*clean=*/true);
  rekey_ = Rekey::kAsked;
  observer_.OnRekeyDue(NextEpoch());
}

void Channel::Impl::StartRekey(ByteView token) {
  if (rekey_ != Rekey::kAsked || !IsLive()) return;
  if (token.empty() || token.size() > kMaxTokenSize) return RekeyFailed();
  rekey_ = Rekey::kSent;
  control_.Push(RekeyRecord{token});
}

void Channel::Impl::RekeyFailed() {
  if (rekey_ == Rekey::kIdle) return;
  // The initiator would wait for ever otherwise.
  if (rekey_ == Rekey::kAnswering && IsLive()) control_.Push(RekeyRecord{});
  rekey_ = Rekey::kIdle;
  rekey_not_before_ = now_ + settings_.rekey_retry;
}

void Channel::Impl::AnswerRekey(ByteView token, EpochKeys next) {
  if (rekey_ != Rekey::kAnswering || !IsLive()) return;
  if (token.empty() || token.size() > kMaxTokenSize) return RekeyFailed();
  rekey_ = Rekey::kIdle;
  epochs_.Add(std::move(next), boot_now_);
  control_.Push(RekeyRecord{token});
}

void Channel::Impl::InstallEpoch(EpochKeys next) {
  if (rekey_ != Rekey::kSent || !IsLive()) return;
  rekey_ = Rekey::kIdle;
  SwitchEpoch(epochs_.Add(std::move(next), boot_now_));
}

void Channel::Impl::SwitchEpoch(EpochState& next) {
  announce_epoch_ = epochs_.SwitchTo(next, now_);
  small_left_ = 0;
  observer_.OnEpochInUse(next.number);
}

void Channel::Impl::Handle(const RekeyRecord& record) {
  // It speaks about the epoch behind the one that it came in.
  if (receiving_ != &epochs_.current()) return;
  if (role_ == Role::kAcceptor) {
    if (record.token.empty() || rekey_ != Rekey::kIdle || !waiting_rekey_.empty())
      return Violation("a rekey out of turn");
    waiting_rekey_.assign(record.token.begin(), record.token.end());
    return DeliverRekeyToken();
  }
  if (rekey_ != Rekey::kSent) return Violation("an answer to no rekey");
  if (!record.token.empty()) return observer_.OnRekeyToken(NextEpoch(), record.token);
  RekeyFailed();
  observer_.OnRekeyRefused();
}

// The initiator may be done with the epoch before while we still wait for its last frames.
void Channel::Impl::DeliverRekeyToken() {
  if (waiting_rekey_.empty() || epochs_.HasOld() || !IsLive()) return;
  if (NextEpoch().value() == kForbiddenEpoch) return Violation("a rekey beyond the last epoch");
  rekey_ = Rekey::kAnswering;
  const Bytes token = std::exchange(waiting_rekey_, {});
  observer_.OnRekeyToken(NextEpoch(), token);
}

void Channel::Impl::Handle(const NewEpochRecord& record) {
  if (!epochs_.SetEndBefore(receiving_->number, record, now_))
    Violation("the end of the old epoch contradicts what came of it");
}

}  // namespace funnel::wire
