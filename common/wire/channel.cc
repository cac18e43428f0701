#include "common/wire/channel.h"

#include "common/wire/channel_impl.h"

namespace funnel::wire {

Channel::Channel(Role role, ChannelId id, const ChannelSettings& settings, EpochKeys first,
                 ChannelObserver& observer, TimePoint now, BootTime boot_now)
    : impl_(std::make_unique<Impl>(role, id, settings, std::move(first), observer, now, boot_now)) {
}
Channel::~Channel() = default;

void Channel::OnSealed(MutableByteView frame, TimePoint now, BootTime boot_now) {
  impl_->OnSealed(frame, now, boot_now);
}
void Channel::OnLinkClosed(bool abrupt, TimePoint now) { impl_->OnLinkClosed(abrupt, now); }

std::optional<SessionId> Channel::OpenSession(const SessionInfo& info) {
  return impl_->OpenSession(info);
}
bool Channel::SendDatagram(SessionId session, ByteView datagram) {
  return impl_->SendDatagram(session, datagram);
}
std::size_t Channel::SendBytes(SessionId session, ByteView bytes) {
  return impl_->SendBytes(session, bytes);
}
MutableByteView Channel::PrepareBytes(SessionId session) { return impl_->PrepareBytes(session); }
void Channel::CommitBytes(SessionId session, std::size_t count) {
  impl_->CommitBytes(session, count);
}
std::size_t Channel::Writable(SessionId session) const { return impl_->Writable(session); }
std::optional<std::uint64_t> Channel::SendMessage(SessionId session, ByteView bytes, Order order,
                                                  std::uint64_t after) {
  return impl_->SendMessage(session, bytes, order, after);
}
void Channel::SendFin(SessionId session) { impl_->SendFin(session); }
void Channel::ResetSession(SessionId session, EndCode code) { impl_->ResetSession(session, code); }
void Channel::FinishAndReset(SessionId session) { impl_->FinishAndReset(session); }
void Channel::EndSession(SessionId session) { impl_->EndSession(session); }
void Channel::Resume(SessionId session) { impl_->Resume(session); }

void Channel::Ping(std::uint64_t value, TimePoint now) { impl_->Ping(value, now); }
void Channel::SendHello(ByteView body) { impl_->SendHello(body); }
void Channel::StartRekey(ByteView token) { impl_->StartRekey(token); }
void Channel::AnswerRekey(ByteView token, EpochKeys next) {
  impl_->AnswerRekey(token, std::move(next));
}
void Channel::InstallEpoch(EpochKeys next) { impl_->InstallEpoch(std::move(next)); }
void Channel::RekeyFailed() { impl_->RekeyFailed(); }
void Channel::Close(EndCode code, const std::string& text) { impl_->Close(code, text); }

Flushed Channel::Flush(FrameSink& sink, TimePoint now, BootTime boot_now) {
  return impl_->Flush(sink, now, boot_now);
}
bool Channel::WantsFlush() const { return impl_->WantsFlush(); }
std::optional<TimePoint> Channel::NextTimer() const { return impl_->NextTimer(); }
void Channel::OnTimer(TimePoint now, BootTime boot_now) { impl_->OnTimer(now, boot_now); }

bool Channel::is_draining() const { return impl_->is_draining(); }
bool Channel::takes_sessions() const { return impl_->takes_sessions(); }
Channel::State Channel::state() const { return impl_->state(); }
Epoch Channel::epoch() const { return impl_->epoch(); }
const ChannelStats& Channel::stats() const { return impl_->stats(); }
std::size_t Channel::session_count() const { return impl_->session_count(); }
std::optional<SessionStats> Channel::StatsOf(SessionId session) const {
  return impl_->StatsOf(session);
}
Duration Channel::round_trip() const { return impl_->round_trip(); }
BootTime Channel::expires() const { return impl_->expires(); }
void Channel::SetTracer(FrameTracer* tracer) { impl_->SetTracer(tracer); }
std::size_t Channel::queued_bytes() const { return impl_->queued_bytes(); }
std::size_t Channel::undelivered_bytes() const { return impl_->undelivered_bytes(); }

Channel::Impl::Impl(Role role, ChannelId id, const ChannelSettings& settings, EpochKeys first,
                    ChannelObserver& observer, TimePoint now, BootTime boot_now)
    : context_{.role = role,
               .id = id,
               .settings = settings,
               .observer = observer,
               .now = now,
               .boot_now = boot_now,
               .stats = {},
               .control = {}},
      life_(now + settings.missing_timeout),
      epochs_(std::move(first), boot_now),
      keepalive_(settings.ping_interval, settings.missing_timeout, now),
      datagrams_(settings.datagram_queue_max) {}

Channel::Impl::~Impl() {
  sessions_.ForEach([this](Session& session) { session.queue.Clear(pool_); });
}

}  // namespace funnel::wire
