#include "common/service/run_edge.h"

#include <signal.h>
#include <sys/resource.h>

#include <optional>
#include <vector>

#include "common/base/log.h"
#include "common/base/options.h"
#include "common/base/text.h"
#include "common/config/read/load.h"
#include "common/event/notify.h"
#include "common/event/ticker.h"
#include "common/ipc/log_level_command.h"
#include "common/service/control_server.h"
#include "common/service/edge.h"
#include "common/service/edge_commands.h"
#include "common/service/edge_reload.h"

namespace funnel::service {
namespace {

constexpr int kFailure = 1;
constexpr OwnOption kModulesOption{"--modules", "", "DIR", "protocol modules"};

// Each flow or connection needs a descriptor.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Runs an edge from its configuration to the loop.
class EdgeDaemon {
 public:
  EdgeDaemon(const EdgeProgram& program, Options options)
      : program_(program), options_(std::move(options)) {}

  Result<int> Run() {
    TRY(LoadService());
    event::ListenFds sockets = TRY(event::ListenFds::FromEnvironment());
    RaiseDescriptorLimit();
    loop_ = TRY(event::Loop::Create());
    TRY(AddSignals());

    std::string name = std::string(program_.name) + "@" + service_->name.text();
    auto table = WholeTable(program_.counters);
    auto counters = metrics::CounterFile::Create(options_.RunPath("counters/" + name), name, table);
    event::Ticker beat(*loop_, metrics::CounterFile::kBeatInterval, [&] { counters.Beat(); });

    EdgeEnvironment environment{*loop_,          *service_,
                                configuration_,  sockets,
                                counters,        options_.Value(kModulesOption.name).value_or(""),
                                options_.run_dir};
    auto application = TRY(program_.make(environment));

    Edge edge(*loop_, EdgeSetup(), *application, counters);
    edge_ = &edge;
    counters_ = &counters;

    TRY(Start(sockets));
    TRY(sockets.RequireAllTaken());
    AddEdgeCommands(commands_, {edge, name, [this] { return node_.control; }});
    auto control = ServeCommands(counters);
    TRY(loop_->EnableWatchdog());
    event::NotifyReady("starts");

    int code = TRY(loop_->Run());
    edge_ = nullptr;
    counters_ = nullptr;
    return code;
  }

 private:
  Result<> LoadService() {
    auto loaded = config::LoadForStartAndLog({options_.config_dir, options_.defaults_dir});
    if (!loaded) return Fail("the configuration is not right");
    configuration_ = std::move(*loaded);
    if (!options_.log_level) SetLogLevel(configuration_.node.log_level);
    node_ = configuration_.node;
    service_ = configuration_.FindService(options_.arguments.front());
    if (service_ == nullptr)
      return Fail("no service '" + options_.arguments.front() + "' that is right in " +
                  options_.config_dir + "/services.d");
    if (config::HasConnections(service_->protocol) != config::HasConnections(program_.protocol))
      return Fail("the service '" + service_->name.text() + "' has another protocol");
    if (service_->role == config::Role::kRelay)
      return Fail("the service '" + service_->name.text() + "' is a relay and has no edge here");
    return {};
  }

  Edge::Setup EdgeSetup() {
    return {.service = *service_,
            .sctpd_user = configuration_.node.sctpd_user,
            .run_dir = options_.run_dir,
            .confirm_timeout = configuration_.node.kerberos.handshake_timeout,
            .make_cipher = &seal::MakeFrameCipher,
            .trace_queue_bytes = [this] { return node_.control.trace_queue_bytes; },
            .on_stopped = [this] { loop_->Exit(0); },
            .on_status = [](const std::string& text) { event::NotifyStatus(text); },
            .on_idle = [this] { LeaveIdle(); }};
  }

  void LeaveIdle() {
    Log(LogLevel::kNotice, "idle-exit",
        "nothing to do for idle-exit: it ends, and a new client or channel starts it again",
        {{"SERVICE", service_->name.text()}});
    Stop();
  }

  void Stop() {
    event::NotifyStopping();
    edge_->Stop();
  }

  Result<> Start(event::ListenFds& sockets) {
    if (service_->role == config::Role::kListen) return edge_->StartListening();
    return edge_->StartConnecting(
        TRY(sockets.TakeOne("channel", event::SocketKind::kControlSocket)));
  }

  Result<> AddSignals() {
    for (int number : {SIGTERM, SIGINT})
      signals_.push_back(TRY(loop_->AddSignal(number, [this] { Stop(); })));
    signals_.push_back(TRY(loop_->AddSignal(SIGHUP, [this] { Reload(); })));
    return {};
  }

  // Without this socket, for example because its folder is missing, the service still runs.
  std::unique_ptr<ControlServer> ServeCommands(metrics::CounterFile& counters) {
    log_level_.emplace(*loop_, commands_, [this] { return ConfiguredLevel(); });
    commands_.Add("reload", {.access = ipc::Access::kAdmin,
                             .run = [this](const auto&, ipc::SharedAnswer answer) {
                               answer->TakeUp();
                               answer->Finish(config::ReportJson(Reload()));
                             }});
    auto server = ControlServer::Create(
        *loop_, options_.RunPath("edge/" + service_->name.text() + "/control.sock"), commands_,
        [this] { return node_.control.clients; }, [&counters] { ++counters[kClientsRejected]; });
    if (server) return std::move(*server);
    Log(LogLevel::kWarning, "no-control-socket",
        server.error().message + ": funnelctl cannot ask or steer this daemon",
        {{"SERVICE", service_->name.text()}});
    return nullptr;
  }

  LogLevel ConfiguredLevel() const { return options_.log_level.value_or(node_.log_level); }

  config::ReloadReport Reload() {
    event::NotifyReloading();
    const config::ServiceConfig& running = edge_->service();
    config::ReloadReport report{.daemon = std::string(program_.name) + "@" + running.name.text()};
    auto loaded = config::Load({options_.config_dir, options_.defaults_dir});
    const config::ServiceConfig* found =
        loaded ? loaded->FindService(running.name.text()) : nullptr;

    if (!loaded) {
      report.mistakes = std::move(loaded.error());
    } else if (found == nullptr) {
      report.mistakes = {{options_.config_dir + "/services.d/" + running.name.text() + ".ini", 0,
                          "the service has gone; systemctl disable --now its socket ends it"}};
    } else {
      Apply(loaded->node, *found, report);
    }

    config::LogReport(report, running.name.text());
    event::NotifyReady("reloaded");
    return report;
  }

  void Apply(const config::NodeConfig& node, config::ServiceConfig next,
             config::ReloadReport& report) {
    report.left = KeepFixed(edge_->service(), next);
    report.changes = config::FindChanges(node_, node);
    for (config::Change& change : config::FindChanges(edge_->service(), next))
      report.changes.push_back(std::move(change));
    node_ = node;
    edge_->SetSctpdUser(node_.sctpd_user);
    SetLogLevel(ConfiguredLevel());
    edge_->Reload(next);
  }

  const EdgeProgram& program_;
  Options options_;
  config::Configuration configuration_;
  config::NodeConfig node_;                         // as of the last reload
  const config::ServiceConfig* service_ = nullptr;  // in configuration_, as at the start
  std::unique_ptr<event::Loop> loop_;
  std::vector<std::unique_ptr<event::SignalWatch>> signals_;
  Edge* edge_ = nullptr;
  metrics::CounterFile* counters_ = nullptr;
  ipc::CommandTable commands_{[this] {
                                return ipc::CommandTable::Rules{node_.read_group, node_.admin_group,
                                                                node_.control.commands};
                              },
                              [this](const std::string& why) {
                                ++(*counters_)[kCommandsDenied];
                                Log(LogLevel::kWarning, "command-denied", EscapeForLog(why, 1024),
                                    {{"SERVICE", service_->name.text()}});
                              }};
  std::optional<ipc::LogLevelCommand> log_level_;
};

}  // namespace

int RunEdge(const EdgeProgram& program, int argc, const char* const* argv) {
  SetLogName(program.name);
  auto options = ParseOptionsOrAnswer({.program = program.name,
                                       .arguments = "SERVICE",
                                       .description = "carries one service's traffic",
                                       .min_arguments = 1,
                                       .max_arguments = 1,
                                       .options = {&kModulesOption, program.has_modules ? 1u : 0u}},
                                      argc, argv);

  if (!options) return options.error();
  if (options->log_level) SetLogLevel(*options->log_level);
  std::string name = std::string(program.name) + "@" + options->arguments.front();
  SetLogName(name);
  EdgeDaemon daemon(program, *std::move(options));
  auto code = daemon.Run();
  if (code) return *code;
  Log(LogLevel::kError, "start-failed", code.error().message);
  return kFailure;
}

}  // namespace funnel::service
