#include "funnel-udpd/udp_edge.h"

namespace funnel::udpd {

UdpEdge::UdpEdge(service::EdgeEnvironment& environment, std::unique_ptr<event::EpollSet> sockets)
    : sockets_(std::move(sockets)),
      parts_{.loop = environment.loop,
             .sockets = *sockets_,
             .counters = environment.counters,
             .first_counter = service::kCommonCounters,
             .service = environment.service,
             .batch = {}},
      out_(environment.loop) {
  out_.set_on_flushed([this] {
    const SendBatch::Totals totals = out_.TakeTotals();
    parts_.Count(kDatagramsOut, totals.sent);
    parts_.Count(kSendBlocked, totals.blocked);
    parts_.Count(kBackendRefused, totals.refused);
    parts_.Count(kSendErrors, totals.errors);
  });
}

Result<std::unique_ptr<service::Application>> UdpEdge::Make(service::EdgeEnvironment& environment) {
  auto sockets = TRY(event::EpollSet::Create(environment.loop));
  std::unique_ptr<UdpEdge> edge(new UdpEdge(environment, std::move(sockets)));
  if (environment.service.role == config::Role::kListen) {
    edge->listen_.emplace(edge->parts_, edge->out_);
    auto passed = TRY(environment.sockets.Take("listen", event::SocketKind::kDatagram));
    TRY(edge->listen_->Start(std::move(passed)));
  } else {
    edge->connect_.emplace(edge->parts_, edge->out_);
  }
  return edge;
}

void UdpEdge::OnChannelUp(service::ChannelHandle& channel) {
  listen_ ? listen_->OnChannelUp(channel) : connect_->OnChannelUp(channel);
}

void UdpEdge::OnChannelDown(service::ChannelHandle& channel, wire::EndCode, bool) {
  listen_ ? listen_->OnChannelDown(channel) : connect_->OnChannelDown(channel);
}

void UdpEdge::OnSessionOpened(service::ChannelHandle& channel, SessionId session,
                              const wire::SessionInfo& info) {
  if (connect_) connect_->OnSessionOpened(channel, session, info);
}

void UdpEdge::OnDatagram(service::ChannelHandle& channel, SessionId session, ByteView datagram) {
  listen_ ? listen_->OnDatagram(channel, session, datagram)
          : connect_->OnDatagram(channel, session, datagram);
}

void UdpEdge::OnSessionReset(service::ChannelHandle& channel, SessionId session,
                             wire::EndCode code) {
  listen_ ? listen_->OnSessionReset(channel, session)
          : connect_->OnSessionReset(channel, session, code);
}

void UdpEdge::OnSessionsAvailable(service::ChannelHandle&) {
  if (listen_) listen_->OnSessionsAvailable();
}

void UdpEdge::OnReload(const config::ServiceConfig& service) {
  parts_.service = service;
  listen_ ? listen_->OnReload() : connect_->OnReload();
}

std::optional<TimePoint> UdpEdge::IdleSince() const {
  return listen_ ? listen_->IdleSince() : connect_->IdleSince();
}

void UdpEdge::OnStop() {
  if (listen_) listen_->Stop();
}

}  // namespace funnel::udpd
