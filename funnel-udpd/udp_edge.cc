#include "funnel-udpd/udp_edge.h"

#include "common/base/log.h"
#include "common/service/counters.h"
#include "common/service/load_module.h"

namespace funnel::udpd {
namespace {

void ReportTooLarge(const SharedState& shared, const SendBatch::Totals& totals) {
  Log(LogLevel::kWarning, "datagram-too-large",
      std::to_string(totals.too_large_bytes) + " bytes for " + totals.too_large_for.text() +
          " are more than the path takes: dropped, as fragment = never says",
      {{"SERVICE", shared.service.name.text()}, {"ADDRESS", totals.too_large_for.text()}});
}

}  // namespace

UdpEdge::UdpEdge(service::EdgeEnvironment& environment, std::unique_ptr<event::EpollSet> sockets)
    : sockets_(std::move(sockets)),
      shared_{.loop = environment.loop,
              .sockets = *sockets_,
              .counters = environment.counters,
              .service = environment.service,
              .batch = {}},
      out_(environment.loop) {
  out_.set_on_flushed([this] {
    const SendBatch::Totals totals = out_.TakeTotals();
    shared_.Count(kDatagramsOut, totals.sent);
    shared_.Count(kSendBlocked, totals.blocked);
    shared_.Count(kSendErrors, totals.errors + totals.refused);
    shared_.Count(kDatagramsTooLarge, totals.too_large);
    if (totals.too_large > 0) ReportTooLarge(shared_, totals);
  });
}

Result<std::unique_ptr<service::Application>> UdpEdge::Make(service::EdgeEnvironment& environment) {
  auto sockets = TRY(event::EpollSet::Create(environment.loop));
  std::unique_ptr<UdpEdge> edge(new UdpEdge(environment, std::move(sockets)));
  edge->shared_.module =
      TRY(service::LoadServiceModule(environment.service, environment.module_folder));
  if (environment.service.role == config::Role::kListen) {
    edge->listen_.emplace(edge->shared_, edge->out_);
    auto passed = TRY(environment.sockets.Take("listen", event::SocketKind::kDatagram));
    TRY(edge->listen_->Start(std::move(passed)));
  } else {
    edge->connect_.emplace(edge->shared_, environment.configuration, edge->out_);
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

void UdpEdge::OnDatagram(service::ChannelHandle& channel, SessionId session,
                         const service::Datagram& datagram) {
  listen_ ? listen_->OnDatagram(channel, session, datagram)
          : connect_->OnDatagram(channel, session, datagram);
}

void UdpEdge::OnSessionReset(service::ChannelHandle& channel, SessionId session,
                             wire::EndCode code) {
  if (code == wire::EndCode::kDraining) {
    shared_.Count(kFlowsDrained);
    Log(LogLevel::kWarning, "far-end-draining", "the far end takes no new flows: it is drained",
        {{"SERVICE", shared_.service.name.text()}, {"PEER", channel.peer()}});
  }
  listen_ ? listen_->OnSessionReset(channel, session)
          : connect_->OnSessionReset(channel, session, code);
}

void UdpEdge::OnSessionsAvailable(service::ChannelHandle&) {
  if (listen_) listen_->OnSessionsAvailable();
}

void UdpEdge::OnReload(const config::ServiceConfig& service) {
  shared_.service = service;
  shared_.other_port_reported = false;
  listen_ ? listen_->OnReload() : connect_->OnReload();
}

std::optional<TimePoint> UdpEdge::IdleSince() const {
  return listen_ ? listen_->IdleSince() : connect_->IdleSince();
}

std::size_t UdpEdge::session_count() const {
  return listen_ ? listen_->flow_count() : connect_->flow_count();
}

void UdpEdge::VisitSessions(const std::function<void(const service::SessionView&)>& visit) {
  listen_ ? listen_->VisitSessions(visit) : connect_->VisitSessions(visit);
}

bool UdpEdge::ResetSession(service::ChannelHandle& channel, SessionId session) {
  return listen_ ? listen_->ResetSession(channel, session)
                 : connect_->ResetSession(channel, session);
}

void UdpEdge::OnStop() { listen_ ? listen_->Stop() : connect_->Stop(); }

}  // namespace funnel::udpd
