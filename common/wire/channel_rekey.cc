// New keys for a running channel.
#include "common/wire/channel_impl.h"

namespace funnel::wire {

void Channel::Impl::CheckRekey() {
  if (!life_.IsOpen()) return;
  switch (rekeying_.Check(context_.now, context_.boot_now)) {
    case Rekeying::Due::kNo:
      return;
    case Rekeying::Due::kAsk:
      return context_.observer.OnRekeyDue(rekeying_.next());
    case Rekeying::Due::kUsedUp:
      return BeginClose(EndCode::kExpired, "all epochs are used up", /*clean=*/true);
  }
}

void Channel::Impl::StartRekey(ByteView token) {
  if (life_.IsLive()) rekeying_.Start(token, context_.now);
}

void Channel::Impl::RekeyFailed() { rekeying_.Fail(context_.now, /*tell_peer=*/life_.IsLive()); }

void Channel::Impl::AnswerRekey(ByteView token, EpochKeys next) {
  if (life_.IsLive()) rekeying_.Answer(token, std::move(next), context_.now, context_.boot_now);
}

void Channel::Impl::InstallEpoch(EpochKeys next) {
  if (!life_.IsLive()) return;
  if (EpochState* epoch = rekeying_.Install(std::move(next), context_.boot_now))
    SwitchEpoch(*epoch);
}

void Channel::Impl::SwitchEpoch(EpochState& next) {
  rekeying_.SwitchTo(next, context_.now);
  small_left_ = 0;
  context_.observer.OnEpochInUse(next.number);
}

void Channel::Impl::Handle(const RekeyRecord& record) {
  const auto heard = rekeying_.OnRekey(record, *receiving_, context_.now);
  if (!heard) return Violated(heard.error().text);
  switch (*heard) {
    case Rekeying::Heard::kNothing:
      return;
    case Rekeying::Heard::kAsked:
      return DeliverRekeyToken();
    case Rekeying::Heard::kToken:
      return context_.observer.OnRekeyToken(rekeying_.next(), record.token);
    case Rekeying::Heard::kRefused:
      return context_.observer.OnRekeyRefused();
  }
}

void Channel::Impl::DeliverRekeyToken() {
  if (!life_.IsLive()) return;
  const auto token = rekeying_.NextToken();
  if (!token) return Violated(token.error().text);
  if (*token) context_.observer.OnRekeyToken(rekeying_.next(), **token);
}

void Channel::Impl::Handle(const NewEpochRecord& record) {
  if (!epochs_.SetEndBefore(receiving_->number, record, context_.now))
    Violated("the end of the old epoch contradicts what came of it");
}

}  // namespace funnel::wire
