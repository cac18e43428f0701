// One edge: its channels (kept by ChannelKeepers or taken by the Adopter), its connection to authd,
// and its application. RunEdge (run_edge.h) makes it from the environment; tests make it from
// stand-ins.
//
// Thread: the loop's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/event/loop.h"
#include "common/service/application.h"
#include "common/service/channel/adopter.h"
#include "common/service/channel/channel_keeper.h"
#include "common/service/channel/linger.h"
#include "common/service/idle_exit.h"
#include "common/service/shared_state.h"
#include "common/trace/trace.h"

namespace funnel::service {

class Edge {
 public:
  // How long FAREWELL and CLOSED may take to be sent after Stop().
  static constexpr std::chrono::seconds kStopTime{2};

  struct Setup {
    config::ServiceConfig service;
    std::string sctpd_user;
    std::string run_dir;
    Duration rekey_retry = wire::ChannelSettings{}.rekey_retry;  // tests use a shorter one
    Duration confirm_timeout = wire::ChannelSettings{}.confirm_timeout;
    CipherFactory make_cipher;
    std::function<std::size_t()> trace_queue_bytes;     // called each time
    std::function<void()> on_stopped;                   // after Stop(): nothing is left to do
    std::function<void(const std::string&)> on_status;  // for STATUS=
    std::function<void()> on_idle;                      // nothing to do for idle-exit: call Stop()
  };

  // APPLICATION and COUNTERS (whose first entries are kCommonTable) outlive the edge.
  Edge(event::Loop& loop, Setup setup, Application& application, metrics::CounterFile& counters);
  ~Edge();

  // Listening side: attaches. Connecting side: serves the service socket.
  [[nodiscard]] Result<> StartListening();
  [[nodiscard]] Result<> StartConnecting(UniqueFd service_socket);

  // A new configuration of the same service, as far as it can change while running: the caller has
  // kept the rest as it was (edge_reload.h).
  void Reload(const config::ServiceConfig& service);
  // The user that the adopter takes for funnel-sctpd's from now on.
  void SetSctpdUser(const std::string& user) { shared_.sctpd_user = user; }
  // Ends everything in order; on_stopped follows within kStopTime.
  void Stop();
  [[nodiscard]] std::size_t channel_count() const;

  // For funnelctl (edge_commands.h).
  template <typename Visit>
  void VisitChannels(Visit visit);
  void SetDraining(bool draining);
  [[nodiscard]] bool draining() const { return draining_; }
  [[nodiscard]] std::string StatusText() const;
  [[nodiscard]] const config::ServiceConfig& service() const { return shared_.service; }
  [[nodiscard]] Application& application() { return *shared_.application; }
  [[nodiscard]] trace::Trace& trace() { return trace_; }

 private:
  // A channel came up or ended: updates systemd's status, and checks whether the stop is complete.
  void OnChange();
  // authd revokes CONTEXT: its channel ends.
  void OnRevoked(std::uint64_t context, const std::string& reason);
  // A keeper will have no channel until later: if all pause, the application need not let clients
  // wait.
  void OnPause(const std::string& reason);
  [[nodiscard]] std::string ChannelText() const;
  // Calls on_stopped once no channel is left.
  void CheckStopped();
  // nullopt: something is in use, or the edge is drained.
  [[nodiscard]] std::optional<TimePoint> IdleSince() const;

  std::function<void()> on_stopped_;
  std::function<void(const std::string&)> on_status_;
  ipc::ReadBuffer buffer_;
  AuthdClient authd_;
  Linger linger_;
  trace::Trace trace_;
  SharedState shared_;
  std::vector<std::unique_ptr<ChannelKeeper>> keepers_;
  std::unique_ptr<Adopter> adopter_;
  std::unique_ptr<event::TurnHook> changed_;
  std::unique_ptr<event::Timer> stop_timer_;
  IdleExit idle_exit_;
  bool stopping_ = false;
  bool draining_ = false;
};

template <typename Visit>
void Edge::VisitChannels(Visit visit) {
  for (auto& keeper : keepers_) {
    if (keeper->channel() != nullptr) visit(*keeper->channel());
    for (auto& channel : keeper->draining()) visit(*channel);
  }
  if (adopter_ != nullptr)
    for (auto& channel : adopter_->channels()) visit(*channel);
}

}  // namespace funnel::service
