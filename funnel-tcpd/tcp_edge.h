// funnel-tcpd: one end of a TCP service. On the listening side it accepts connections and makes
// them sessions of a channel; on the connecting side it connects the peer's sessions to the
// backend.
//
// Owned by service::RunEdge, on the loop's thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "common/service/application.h"
#include "common/service/backend/health_checker.h"
#include "common/service/run_edge.h"
#include "funnel-tcpd/accept/accept_gate.h"
#include "funnel-tcpd/accept/acceptor.h"
#include "funnel-tcpd/channel_sessions.h"
#include "funnel-tcpd/command/command_door.h"
#include "funnel-tcpd/serving_report.h"
#include "funnel-tcpd/socks/forwards.h"
#include "funnel-tcpd/socks/socks_gate.h"
#include "funnel-tcpd/waiting_room.h"

namespace funnel::tcpd {

class TcpEdge final : public service::Application {
 public:
  // Takes the listening sockets; fails if they do not fit the service's role.
  [[nodiscard]] static Result<std::unique_ptr<service::Application>> Make(
      service::EdgeEnvironment& environment);

  void OnChannelUp(service::ChannelHandle& channel) override;
  void OnChannelChanged(service::ChannelHandle& channel) override;
  void OnChannelDown(service::ChannelHandle& channel, wire::EndCode code, bool clean) override;
  void OnUnavailable(const std::string& reason, TimePoint until) override;
  void OnSessionOpened(service::ChannelHandle& channel, SessionId session,
                       const wire::SessionInfo& info) override;
  std::size_t OnMessage(service::ChannelHandle& channel, SessionId session,
                        ByteView bytes) override;
  void OnFin(service::ChannelHandle& channel, SessionId session) override;
  void OnSessionReset(service::ChannelHandle& channel, SessionId session,
                      wire::EndCode code) override;
  void OnWritable(service::ChannelHandle& channel, SessionId session) override;
  void OnSessionsAvailable(service::ChannelHandle& channel) override;
  void OnReload(const config::ServiceConfig& service) override;
  std::size_t session_count() const override { return shared_.limit.taken(); }
  [[nodiscard]] std::string module_name() const override {
    return shared_.module ? shared_.module->module().name : "";
  }
  [[nodiscard]] const service::BackendPool* backends() const override { return &shared_.backends; }
  void VisitSessions(const std::function<void(const service::SessionView&)>& visit) override;
  bool ResetSession(service::ChannelHandle& channel, SessionId session) override;
  [[nodiscard]] Result<service::ForwardId> AddForward(service::ForwardRequest request) override;
  void EndForward(service::ForwardId id) override;
  void VisitForwards(const std::function<void(const service::ForwardView&)>& visit) override;
  void SetDraining(bool draining) override;
  void OnStop() override;
  [[nodiscard]] std::optional<TimePoint> IdleSince() const override;

 private:
  TcpEdge(service::EdgeEnvironment& environment, std::unique_ptr<event::EpollSet> sockets);

  [[nodiscard]] bool listens() const { return shared_.service.role == config::Role::kListen; }
  // The backends may have changed.
  void ConfigureChecks();
  // Takes those that systemd passed under the name "listen".
  [[nodiscard]] Result<> TakeListeners(event::ListenFds& sockets);
  // Which client addresses PEER and the service allow.
  [[nodiscard]] service::ClientPolicy PolicyFor(const std::string& peer) const;
  // Opens a session for it, or those of a command, now or when a channel takes them.
  void Take(Connection connection);
  // Gives it to the channel with the fewest sessions. False: none takes it now.
  [[nodiscard]] bool Open(Connection& connection);
  // Whether listening sockets should answer may have changed.
  void UpdateGate();
  // Listening side: why no new connection can be served; empty: it can be.
  [[nodiscard]] std::string_view WhyNotServed() const;
  // Connecting side: what becomes of new sessions may have changed. Tells the far ends.
  void UpdateServing();
  // Opens sessions for those that wait, as far as channels take them.
  void DrainWaiting();

  const config::Configuration& configuration_;
  std::unique_ptr<event::EpollSet> sockets_;
  SharedState shared_;
  WaitingRoom waiting_;
  Dialer dialer_;
  ServingReport serving_;  // of the connecting side
  service::HealthChecker checker_;
  std::optional<Acceptor> acceptor_;  // null on the connecting side; so is the gate
  std::optional<AcceptGate> gate_;
  std::optional<SocksGate> socks_;          // protocol = socks: in front of them
  std::optional<Forwards> forwards_;        // protocol = socks: beside them
  std::unique_ptr<CommandDoor> door_;       // listening side of commands, instead of both
  std::vector<ChannelSessions*> channels_;  // the live ones; their handles own them
};

}  // namespace funnel::tcpd
