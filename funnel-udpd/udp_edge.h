// funnel-udpd: one end of a UDP service. The configuration says which of its two sides it is.
//
// Owned by service::RunEdge, on the loop's thread.
#pragma once

#include <memory>
#include <optional>

#include "common/service/application.h"
#include "common/service/run_edge.h"
#include "funnel-udpd/connect_side.h"
#include "funnel-udpd/listen_side.h"

namespace funnel::udpd {

class UdpEdge final : public service::Application {
 public:
  // Takes the listening sockets; fails if they do not fit the service's role.
  [[nodiscard]] static Result<std::unique_ptr<service::Application>> Make(
      service::EdgeEnvironment& environment);

  void OnChannelUp(service::ChannelHandle& channel) override;
  void OnChannelDown(service::ChannelHandle& channel, wire::EndCode code, bool clean) override;
  void OnSessionOpened(service::ChannelHandle& channel, SessionId session,
                       const wire::SessionInfo& info) override;
  void OnDatagram(service::ChannelHandle& channel, SessionId session,
                  const service::Datagram& datagram) override;
  void OnSessionReset(service::ChannelHandle& channel, SessionId session,
                      wire::EndCode code) override;
  void OnSessionsAvailable(service::ChannelHandle& channel) override;
  void OnReload(const config::ServiceConfig& service) override;
  std::size_t session_count() const override;
  [[nodiscard]] std::string module_name() const override { return shared_.ModuleName(); }
  [[nodiscard]] const service::BackendPool* backends() const override { return &shared_.backends; }
  void VisitSessions(const std::function<void(const service::SessionView&)>& visit) override;
  bool ResetSession(service::ChannelHandle& channel, SessionId session) override;
  void SetDraining(bool draining) override { shared_.draining = draining; }
  void OnStop() override;
  [[nodiscard]] std::optional<TimePoint> IdleSince() const override;

 private:
  UdpEdge(service::EdgeEnvironment& environment, std::unique_ptr<event::EpollSet> sockets);

  std::unique_ptr<event::EpollSet> sockets_;
  SharedState shared_;
  SendBatch out_;
  std::optional<ListenSide> listen_;
  std::optional<ConnectSide> connect_;
};

}  // namespace funnel::udpd
