#include "funnel-tcpd/tcp_edge.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "common/service/client/peer_limits.h"
#include "common/service/client/proxy_header.h"
#include "common/service/counters.h"
#include "common/service/load_module.h"

namespace funnel::tcpd {
namespace {

ChannelSessions& SessionsOf(service::ChannelHandle& channel) {
  return static_cast<ChannelSessions&>(*channel.data);
}

}  // namespace

Result<std::unique_ptr<service::Application>> TcpEdge::Make(service::EdgeEnvironment& environment) {
  auto sockets = TRY(event::EpollSet::Create(environment.loop));
  std::unique_ptr<TcpEdge> edge(new TcpEdge(environment, std::move(sockets)));
  edge->shared_.module =
      TRY(service::LoadServiceModule(environment.service, environment.module_folder));
  if (edge->listens()) TRY(edge->TakeListeners(environment.sockets));
  return edge;
}

TcpEdge::TcpEdge(service::EdgeEnvironment& environment, std::unique_ptr<event::EpollSet> sockets)
    : configuration_(environment.configuration),
      sockets_(std::move(sockets)),
      shared_{environment.loop, *sockets_, environment.counters, environment.service,
              SessionLimit(environment.service.max_sessions)},
      waiting_(shared_),
      dialer_(shared_),
      serving_(shared_),
      checker_(shared_.loop, shared_.sockets, shared_.service,
               [this](service::BackendId backend, const Result<>& result) {
                 shared_.backend_reports().OnChecked(backend, result, Now());
                 UpdateServing();
                 dialer_.OnChecked();
               }) {
  shared_.exec_socket = environment.run_dir + "/exec/" + shared_.service.name.text() + ".sock";
  const bool listening = listens();
  shared_.throttle = std::make_unique<Throttle>(
      shared_.loop, listening ? shared_.clients.rates() : shared_.peers, [this, listening] {
        return listening ? service::ClientRates(shared_.service)
                         : service::PeerRates(shared_.service);
      });
  ConfigureChecks();
}

void TcpEdge::ConfigureChecks() {
  checker_.Configure(shared_.backends, service::ProxyHeaderOfOwn(shared_.service.proxy_protocol));
}

Result<> TcpEdge::TakeListeners(event::ListenFds& sockets) {
  if (shared_.service.protocol == config::Protocol::kCommand) {
    UniqueFd door = TRY(sockets.TakeOne("listen", event::SocketKind::kControlSocket));
    door_ = TRY(CommandDoor::Create(shared_, std::move(door),
                                    [this](Connection command) { Take(std::move(command)); }));
    return {};
  }

  auto listeners = TRY(sockets.Take("listen", event::SocketKind::kStream));
  if (listeners.empty())
    return Fail("no listening TCP socket was passed under the name `listen` (LISTEN_FDS)");
  if (shared_.service.protocol == config::Protocol::kSocks) {
    const auto take = [this](Connection connection) { Take(std::move(connection)); };
    socks_.emplace(shared_, take);
    forwards_.emplace(shared_, take);
  }
  acceptor_.emplace(shared_, [this](Connection connection) {
    if (socks_) return socks_->Add(std::move(connection));
    Take(std::move(connection));
  });

  for (UniqueFd& listener : listeners) TRY(acceptor_->Add(std::move(listener)));
  gate_.emplace(shared_, *acceptor_);
  UpdateGate();
  return {};
}

service::ClientPolicy TcpEdge::PolicyFor(const std::string& peer) const {
  return {shared_.service, configuration_.FindPeer(peer), service::OwnAddresses()};
}

void TcpEdge::OnChannelUp(service::ChannelHandle& channel) {
  auto sessions = listens() ? std::make_unique<ChannelSessions>(shared_, channel)
                            : std::make_unique<ChannelSessions>(shared_, channel, dialer_,
                                                                PolicyFor(channel.peer()));
  channels_.push_back(sessions.get());
  channel.data = std::move(sessions);
  if (!listens()) channel.wire().ReportServing(serving_.state());
  DrainWaiting();
}

void TcpEdge::OnChannelChanged(service::ChannelHandle& channel) {
  if (!channel.data) return;
  if (listens()) SessionsOf(channel).NoteServing();
  UpdateGate();
}

void TcpEdge::OnChannelDown(service::ChannelHandle& channel, wire::EndCode, bool) {
  if (!channel.data) return;
  SessionsOf(channel).pump().ResetAll();
  std::erase(channels_, &SessionsOf(channel));
  UpdateGate();
}

void TcpEdge::SetDraining(bool draining) {
  shared_.draining = draining;
  UpdateGate();
  UpdateServing();
}

void TcpEdge::UpdateServing() {
  if (listens() || !serving_.Update()) return;
  for (ChannelSessions* sessions : channels_) {
    sessions->channel().wire().ReportServing(serving_.state());
    sessions->channel().RequestFlush();
  }
}

// A channel that is up has keys; that the far end is there, and not only its handshake, shows when
// it is open.
std::string_view TcpEdge::WhyNotServed() const {
  if (shared_.draining) return "the service is drained";
  std::string_view why = "no channel is open";
  for (ChannelSessions* one : channels_) {
    const wire::Channel& channel = one->channel().wire();
    if (channel.state() != wire::Channel::State::kOpen || !channel.takes_sessions()) continue;
    if (wire::TakesSessions(channel.serving())) return "";
    why = ServingText(channel.serving());
  }
  return why;
}

void TcpEdge::UpdateGate() {
  if (!gate_) return;
  const auto count = [&](std::initializer_list<wire::Serving> states) {
    return static_cast<std::uint64_t>(std::ranges::count_if(channels_, [&](ChannelSessions* one) {
      return std::ranges::find(states, one->channel().wire().serving()) != states.end();
    }));
  };
  shared_.Counter(kChannelsNoBackend) =
      count({wire::Serving::kNoBackend, wire::Serving::kWaitsForBackend});
  shared_.Counter(kChannelsDrainedThere) = count({wire::Serving::kDrained});
  gate_->Update(WhyNotServed());
}

void TcpEdge::OnUnavailable(const std::string& reason, TimePoint until) {
  if (!waiting_.ClearUntil(until)) return;
  Log(LogLevel::kWarning, "no-channel", "waiting connections are reset: " + reason,
      {{"SERVICE", shared_.service.name.text()}});
}

void TcpEdge::Take(Connection connection) {
  // Those that are waiting come first.
  if (waiting_.size() > 0 || !Open(connection)) waiting_.Add(std::move(connection));
}

bool TcpEdge::Open(Connection& connection) {
  ChannelSessions* fewest = nullptr;
  for (ChannelSessions* one : channels_) {
    // A channel that is closing may have few, but takes no more.
    if (!one->channel().wire().takes_sessions()) continue;
    if (fewest == nullptr || one->pump().size() < fewest->pump().size()) fewest = one;
  }
  return fewest != nullptr && fewest->pump().Open(connection);
}

void TcpEdge::DrainWaiting() {
  waiting_.Drain([this](Connection& connection) { return Open(connection); });
}

void TcpEdge::OnSessionOpened(service::ChannelHandle& channel, SessionId session,
                              const wire::SessionInfo& info) {
  SessionsOf(channel).pump().OnSessionOpened(session, info);
}

std::size_t TcpEdge::OnMessage(service::ChannelHandle& channel, SessionId session, ByteView bytes) {
  return SessionsOf(channel).pump().OnMessage(session, bytes);
}

void TcpEdge::OnFin(service::ChannelHandle& channel, SessionId session) {
  SessionsOf(channel).pump().OnFin(session);
}

void TcpEdge::OnSessionReset(service::ChannelHandle& channel, SessionId session,
                             wire::EndCode code) {
  if (code == wire::EndCode::kDraining) {
    shared_.Count(kSessionsDrained);
    Log(LogLevel::kWarning, "far-end-draining", "the far end takes no new sessions: it is drained",
        {{"SERVICE", shared_.service.name.text()}, {"PEER", channel.peer()}});
  }
  SessionsOf(channel).pump().OnSessionReset(session, code);
}

void TcpEdge::OnWritable(service::ChannelHandle& channel, SessionId session) {
  SessionsOf(channel).pump().OnWritable(session);
}

void TcpEdge::OnSessionsAvailable(service::ChannelHandle&) { DrainWaiting(); }

void TcpEdge::OnReload(const config::ServiceConfig& service) {
  shared_.service = service;
  shared_.limit.set_max(service.max_sessions);
  shared_.throttle->OnReload();
  if (door_) door_->OnReload();
  dialer_.OnReload();
  ConfigureChecks();
  UpdateGate();
  UpdateServing();
  for (ChannelSessions* sessions : channels_) {
    sessions->set_policy(PolicyFor(sessions->channel().peer()));
    sessions->pump().OnReload();
  }
}

void TcpEdge::VisitSessions(const std::function<void(const service::SessionView&)>& visit) {
  for (ChannelSessions* sessions : channels_) {
    sessions->pump().Visit([&](SessionPump::View&& view) {
      visit({.channel = &sessions->channel(),
             .id = view.id,
             .state = view.connected ? "open" : "connecting",
             .client = view.info.client,
             .local = view.info.local,
             .backend = view.backend,
             .module = view.module,
             .opened = view.opened});
    });
  }

  waiting_.Visit([&](const Connection& connection, TimePoint since) {
    visit({.state = "waiting",
           .client = connection.info.client,
           .local = connection.info.local,
           .backend = connection.info.target ? connection.info.target->text() : "",
           .opened = since});
  });
  if (socks_) {
    socks_->Visit([&](const Connection& connection, TimePoint since) {
      visit({.state = "waiting", .client = connection.info.client, .opened = since});
    });
  }

  if (!acceptor_) return;
  acceptor_->gate().Visit([&](const SocketAddress& balancer, TimePoint since) {
    visit({.state = "waiting", .client = balancer.Unmapped().text(), .opened = since});
  });
}

bool TcpEdge::ResetSession(service::ChannelHandle& channel, SessionId session) {
  return SessionsOf(channel).pump().Reset(session);
}

Result<service::ForwardId> TcpEdge::AddForward(service::ForwardRequest request) {
  if (!forwards_) return Application::AddForward(std::move(request));
  return forwards_->Add(std::move(request));
}

void TcpEdge::EndForward(service::ForwardId id) {
  if (forwards_) forwards_->End(id);
}

void TcpEdge::VisitForwards(const std::function<void(const service::ForwardView&)>& visit) {
  if (forwards_) forwards_->Visit(visit);
}

std::optional<TimePoint> TcpEdge::IdleSince() const {
  const auto sessions = shared_.limit.IdleSince();
  if (!sessions || !forwards_) return sessions;
  const auto forwards = forwards_->IdleSince();
  if (!forwards) return std::nullopt;
  return std::max(*sessions, *forwards);
}

void TcpEdge::OnStop() {
  checker_.Stop();
  gate_.reset();
  door_.reset();
  if (forwards_) forwards_->Stop("the service stops");
  if (acceptor_) acceptor_->Stop();
  if (socks_) socks_->Clear();
  waiting_.Clear();
}

}  // namespace funnel::tcpd
