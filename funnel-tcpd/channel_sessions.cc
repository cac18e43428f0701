#include "funnel-tcpd/channel_sessions.h"

#include <string>
#include <utility>

#include "common/base/log.h"
#include "funnel-tcpd/serving_report.h"

namespace funnel::tcpd {

ChannelSessions::ChannelSessions(SharedState& shared, service::ChannelHandle& channel)
    : shared_(shared), channel_(channel), pump_(shared, *this, nullptr) {}

ChannelSessions::ChannelSessions(SharedState& shared, service::ChannelHandle& channel,
                                 Dialer& dialer, service::ClientPolicy policy)
    : shared_(shared),
      channel_(channel),
      backend_(std::in_place, shared, dialer, std::move(policy)),
      pump_(shared, *this, &*backend_) {}

void ChannelSessions::set_policy(service::ClientPolicy policy) {
  if (backend_) backend_->set_policy(std::move(policy));
}

void ChannelSessions::NoteServing() {
  const wire::Serving now = channel_.wire().serving();
  if (std::exchange(serving_, now) == now) return;
  const std::string& service = shared_.service.name.text();
  const std::string& peer = channel_.peer();
  if (now == wire::Serving::kYes)
    return Log(LogLevel::kNotice, "far-end-serves", "the far end takes new connections again",
               {{"SERVICE", service}, {"PEER", peer}});
  if (now == wire::Serving::kDrained)
    return Log(LogLevel::kWarning, "far-end-draining",
               "the far end takes no new sessions: it is drained",
               {{"SERVICE", service}, {"PEER", peer}});
  Log(LogLevel::kWarning, "far-end-no-backend",
      std::string(ServingText(now))
          .append(wire::TakesSessions(now) ? ": new connections wait there"
                                           : ": new connections are refused there"),
      {{"SERVICE", service}, {"PEER", peer}});
}

std::optional<SessionId> ChannelSessions::OpenSession(const wire::SessionInfo& info) {
  channel_.RequestFlush();
  return channel_.wire().OpenSession(info);
}

MutableByteView ChannelSessions::PrepareBytes(SessionId session) {
  return channel_.wire().PrepareBytes(session);
}

void ChannelSessions::CommitBytes(SessionId session, std::size_t count) {
  channel_.wire().CommitBytes(session, count);
  channel_.RequestFlush();
}

std::size_t ChannelSessions::SendBytes(SessionId session, ByteView bytes) {
  channel_.RequestFlush();
  return channel_.wire().SendBytes(session, bytes);
}

std::optional<std::uint64_t> ChannelSessions::SendMessage(SessionId session, ByteView bytes,
                                                          const Ordering& ordering) {
  channel_.RequestFlush();
  wire::Channel& wire = channel_.wire();
  return ordering.more ? wire.SendPiece(session, bytes, ordering.order, ordering.after)
                       : wire.SendMessage(session, bytes, ordering.order, ordering.after);
}

bool ChannelSessions::TakesMessage(SessionId session) {
  return channel_.wire().TakesMessage(session);
}

void ChannelSessions::TraceMessage(SessionId session, std::uint64_t number,
                                   const service::MessageLabel& label) {
  channel_.TraceMessage(session, number, label);
}

void ChannelSessions::SendFin(SessionId session) {
  channel_.wire().SendFin(session);
  channel_.RequestFlush();
}

void ChannelSessions::ResetSession(SessionId session, wire::EndCode code) {
  channel_.wire().ResetSession(session, code);
  channel_.RequestFlush();
}

void ChannelSessions::FinishAndReset(SessionId session) {
  channel_.wire().FinishAndReset(session);
  channel_.RequestFlush();
}

void ChannelSessions::Resume(SessionId session) {
  channel_.wire().Resume(session);
  channel_.RequestFlush();
}

}  // namespace funnel::tcpd
