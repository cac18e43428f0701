// The running daemon: the tables, the engine, authd and the control socket on one loop.
//
// A turn's input (packets, edges' frames, authd's verdicts) only marks what must be done; EndTurn
// then sends what edges gave, flushes the engine, and writes once to each edge.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/options.h"
#include "common/config/check/reload_report.h"
#include "common/event/descriptors.h"
#include "common/event/listen_fds.h"
#include "common/event/loop.h"
#include "common/event/ticker.h"
#include "common/ipc/log_level_command.h"
#include "funnel-sctpd/daemon/authd_link.h"
#include "funnel-sctpd/daemon/control_server.h"
#include "funnel-sctpd/daemon/engine_setup.h"
#include "funnel-sctpd/daemon/packet_trace.h"
#include "funnel-sctpd/daemon/service_sockets.h"
#include "funnel-sctpd/route/path_file.h"
#include "funnel-sctpd/route/resolver.h"
#include "funnel-sctpd/tables.h"

namespace funnel::sctpd {

class Node final : public AuthdObserver {
 public:
  // StartEngine (engine_setup.h), or a test's own function.
  using EngineStarter = std::function<Result<StartedEngine>(
      const config::SctpConfig& config, event::ListenFds& passed, sctp::EngineObserver& observer)>;

  // LOOP outlives it. On return all sockets are held; nothing has been sent yet.
  [[nodiscard]] static Result<std::unique_ptr<Node>> Create(
      event::Loop& loop, const Options& options, config::Configuration config,
      event::ListenFds passed, const EngineStarter& start_engine = StartEngine);
  ~Node() override;

  // Connects to authd and to peers.
  void Start();
  // Reads the configuration again; a broken one changes nothing.
  config::ReloadReport Reload();
  // Ends everything in order and leaves the loop.
  void Stop();

  // AuthdObserver
  void OnConnected() override;
  void OnDisconnected() override;

 private:
  Node(event::Loop& loop, const Options& options);
  [[nodiscard]] Result<> SetUp(config::Configuration config, event::ListenFds passed,
                               const EngineStarter& start_engine);
  // Makes the tables and the engine, and watches the engine's descriptors in the loop.
  [[nodiscard]] Result<> MakeTables(config::Configuration config, event::ListenFds& passed,
                                    const EngineStarter& start_engine);
  // Adds the commands of funnelctl.
  void AddCommands();
  // The command "trace".
  void StartTrace(const ipc::CommandRow::Arguments& arguments, ipc::SharedAnswer answer);
  // The command "close".
  void CloseRelayed(const ipc::CommandRow::Arguments& arguments, ipc::CommandAnswer& answer);
  // Applies NEXT; what cannot change while running stays as it is, and is reported.
  void Apply(config::Configuration next, config::ReloadReport& report);
  // Sends what the turn's input has left to be sent.
  void EndTurn();
  void OnTimer();
  void ArmTimer();
  // Copies the engine's figures, not more often than every kCounterInterval.
  void UpdateCounters();
  // Updates the service manager's status line.
  void ReportStatus();

  event::Loop& loop_;
  Options options_;
  metrics::CounterFile counters_;
  event::Ticker beat_{loop_, metrics::CounterFile::kBeatInterval, [this] { counters_.Beat(); }};
  AuthdLink authd_;
  Resolver resolver_;
  ServiceSockets services_;
  PathFile path_file_;
  std::unique_ptr<event::TurnHook> end_of_turn_;
  std::unique_ptr<event::Timer> timer_;
  std::unique_ptr<event::EpollSet> edges_;
  std::unique_ptr<Tables> tables_;
  std::vector<std::string> listen_;
  std::unique_ptr<ControlServer> control_;
  std::optional<ipc::LogLevelCommand> log_level_;
  std::optional<PacketTrace> packet_trace_;
  struct Watch {
    int fd;
    std::unique_ptr<event::IoWatch> io;
  };
  std::vector<Watch> watches_;  // those of the engine's descriptors
  std::vector<std::unique_ptr<event::SignalWatch>> signals_;
  TimePoint counters_due_{};
  std::int64_t started_unix_ = 0;
};

}  // namespace funnel::sctpd
