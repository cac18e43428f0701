#include "funnel-sctpd/daemon/node.h"

#include <sys/epoll.h>

#include <algorithm>
#include <csignal>
#include <ctime>

#include "common/base/json_writer.h"
#include "common/base/log.h"
#include "common/config/keys/units.h"
#include "common/config/read/load.h"
#include "common/event/notify.h"
#include "funnel-sctpd/association/engine_counters.h"
#include "funnel-sctpd/daemon/status.h"

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

// The engine's own counters are copied at most this often.
constexpr Duration kCounterInterval = 1s;

// The command for a key that only a restart applies.
constexpr const char* kRestart = "systemctl restart funnel-sctpd.service";

}  // namespace

Result<std::unique_ptr<Node>> Node::Create(event::Loop& loop, const Options& options,
                                           config::Configuration config, event::ListenFds passed,
                                           const EngineStarter& start_engine) {
  std::unique_ptr<Node> node(new Node(loop, options));
  TRY(node->SetUp(std::move(config), std::move(passed), start_engine));
  return node;
}

Node::Node(event::Loop& loop, const Options& options)
    : loop_(loop),
      options_(options),
      counters_(metrics::CounterFile::Create(options.RunPath("counters/funnel-sctpd"),
                                             "funnel-sctpd", CounterTable())),
      authd_(loop, options.RunPath("authd.sock")),
      resolver_(loop),
      services_(options.RunPath("service")),
      path_file_(options.state_dir),
      started_unix_(std::time(nullptr)) {}

Node::~Node() = default;

Result<> Node::SetUp(config::Configuration config, event::ListenFds passed,
                     const EngineStarter& start_engine) {
  // Comes before the engine, which starts a thread: that would get unblocked signals and die of
  // them.
  signals_.push_back(TRY(loop_.AddSignal(SIGHUP, [this] { Reload(); })));
  signals_.push_back(TRY(loop_.AddSignal(SIGTERM, [this] { Stop(); })));
  signals_.push_back(TRY(loop_.AddSignal(SIGINT, [this] { Stop(); })));

  end_of_turn_ = loop_.AddTurnHook([this] { EndTurn(); });
  timer_ = loop_.AddTimer([this] { OnTimer(); });
  TRY(MakeTables(std::move(config), passed, start_engine));

  UniqueFd control = TRY(passed.TakeOne("control", event::SocketKind::kControlSocket));
  auto commands = TRY(passed.Take("commands", event::SocketKind::kControlSocket));
  TRY(passed.RequireAllTaken());
  control_ =
      TRY(ControlServer::Create(loop_, std::move(control), tables_->shared, tables_->channels));
  for (UniqueFd& socket : commands) TRY(control_->ListenAlso(std::move(socket)));
  AddCommands();
  control_->commands().WatchGroups();
  return {};
}

Result<> Node::MakeTables(config::Configuration config, event::ListenFds& passed,
                          const EngineStarter& start_engine) {
  edges_ = TRY(event::EpollSet::Create(loop_));

  SharedState shared{.authd = authd_,
                     .resolver = resolver_,
                     .services = services_,
                     .counters = counters_,
                     .config = std::move(config),
                     .paths = path_file_.Load(),
                     .save_paths = [this] { path_file_.Save(tables_->shared.paths); },
                     .work = [this] { end_of_turn_->Request(); }};
  const config::SctpConfig sctp = shared.config.node.sctp;
  auto make_engine = [&](sctp::EngineObserver& observer) -> Result<std::unique_ptr<sctp::Engine>> {
    StartedEngine started = TRY(start_engine(sctp, passed, observer));
    listen_ = std::move(started.listen);
    return std::move(started.engine);
  };
  tables_ = TRY(Tables::Create(std::move(shared), *edges_, make_engine));

  for (int fd : tables_->engine->fds()) {
    auto io = TRY(loop_.AddIo(fd, EPOLLIN, [this](std::uint32_t events) {
      if ((events & ~EPOLLOUT) != 0) tables_->engine->OnReadable();
      end_of_turn_->Request();
    }));
    watches_.push_back({fd, std::move(io)});
  }
  return {};
}

void Node::AddCommands() {
  log_level_.emplace(loop_, control_->commands(), [this] {
    return options_.log_level.value_or(tables_->shared.config.node.log_level);
  });

  control_->commands().Add("reload", {.access = ipc::Access::kAdmin,
                                      .run = [this](const auto&, ipc::SharedAnswer answer) {
                                        answer->TakeUp();
                                        answer->Finish(config::ReportJson(Reload()));
                                      }});

  control_->commands().Add("close",
                           {.access = ipc::Access::kAdmin,
                            .min_arguments = 1,
                            .max_arguments = 2,
                            .run = [this](const auto& arguments, ipc::SharedAnswer answer) {
                              CloseRelayed(arguments, *answer);
                            }});

  packet_trace_.emplace(loop_, tables_->shared, tables_->associations);
  control_->commands().Add(
      "trace", {.max_arguments = 2, .run = [this](const auto& arguments, ipc::SharedAnswer answer) {
                  StartTrace(arguments, std::move(answer));
                }});

  control_->commands().Add(
      "status", {.run = [this](const auto&, ipc::SharedAnswer answer) {
        tables_->channels.UpdateGauges();
        answer->Finish(MakeStatus(
            {tables_->shared, tables_->associations, tables_->channels, listen_, started_unix_}));
      }});
}

void Node::StartTrace(const ipc::CommandRow::Arguments& arguments, ipc::SharedAnswer answer) {
  const auto form = trace::ParseTraceForm(arguments.empty() ? "text" : arguments.front());
  if (!form) return answer->Fail(form.error().message);
  const std::string peer = arguments.size() > 1 ? arguments[1] : "";
  if (!peer.empty() && tables_->shared.config.FindPeer(peer) == nullptr)
    return answer->Fail("there is no peer " + EscapeForLog(peer));
  const auto added = packet_trace_->AddReader(answer, *form, peer);
  if (!added) answer->Fail(added.error().message);
}

void Node::CloseRelayed(const ipc::CommandRow::Arguments& arguments, ipc::CommandAnswer& answer) {
  const std::string& service = arguments.front();
  const std::string shown = EscapeForLog(service);
  std::optional<std::uint64_t> number;
  if (arguments.size() > 1) {
    number = config::ParseCount(arguments[1]);
    if (!number)
      return answer.Fail("a channel's number is expected, not '" + EscapeForLog(arguments[1]) +
                         "'");
  }

  const std::size_t closed = tables_->channels.CloseRelayed(service, number);
  if (closed == 0)
    return answer.Fail(number ? "there is no relayed channel " + shown + "/" + arguments[1] +
                                    " (any more)"
                              : "there is no relayed channel of " + shown);

  JsonWriter out;
  out.Open('{').Field("closed", closed).Close('}');
  answer.Finish(out.Take());
}

void Node::Start() {
  tables_->associations.Start();
  authd_.Start({*this, tables_->associations, tables_->channels});
  end_of_turn_->Request();
  ReportStatus();
}

void Node::EndTurn() {
  bool more = tables_->channels.Pump();
  tables_->engine->Flush();
  tables_->channels.FinishTurn();
  if (more) end_of_turn_->Request();

  // Only for those that are full: any other is always writable.
  for (auto& watch : watches_)
    watch.io->SetEvents(EPOLLIN | (tables_->engine->wants_writable(watch.fd) ? EPOLLOUT : 0u));

  UpdateCounters();
  ArmTimer();
}

void Node::ArmTimer() {
  TimePoint next = std::min({tables_->engine->NextTimer(), tables_->associations.NextTimer(),
                             tables_->channels.NextTimer()});
  if (next == TimePoint::max())
    timer_->Disarm();
  else
    timer_->Arm(next);
}

void Node::OnTimer() {
  TimePoint now = Now();
  if (tables_->engine->NextTimer() <= now) tables_->engine->OnTimer();
  if (tables_->associations.NextTimer() <= now) tables_->associations.OnTimer();
  if (tables_->channels.NextTimer() <= now) tables_->channels.OnTimer();
  end_of_turn_->Request();
}

void Node::UpdateCounters() {
  TimePoint now = Now();
  if (now < counters_due_) return;
  counters_due_ = now + kCounterInterval;
  CopyEngineCounters(tables_->engine->counters(), counters_);
  tables_->channels.UpdateGauges();
  ReportStatus();
}

void Node::ReportStatus() {
  std::size_t up = counters_[kAssociationsUp].value();
  std::string line = std::to_string(up) + " of " +
                     std::to_string(tables_->shared.config.peers.size()) + " peers up, " +
                     std::to_string(tables_->channels.channels().size()) + " channels";
  if (!authd_.connected()) line += ", waiting for authd";
  event::NotifyStatus(line);
}

void Node::OnConnected() {
  Log(LogLevel::kInfo, "authd", "connected");
  counters_[kAuthdConnected] = 1;
}

void Node::OnDisconnected() {
  counters_[kAuthdConnected] = 0;
  counters_[kAuthdLost] += 1;
}

void Node::Stop() {
  event::NotifyStopping();
  Log(LogLevel::kNotice, "stop", "ending all channels");
  tables_->channels.EndAll(ipc::LinkEndCode::kShutdown, "sctpd stops");
  tables_->channels.FinishTurn();
  tables_->engine->Flush();
  tables_->associations.EndAll("shutting down");
  tables_->engine->Flush();
  loop_.Exit(0);
}

config::ReloadReport Node::Reload() {
  event::NotifyReloading();
  config::ReloadReport report{.daemon = "funnel-sctpd"};
  auto loaded = config::Load({.directory = options_.config_dir, .defaults = options_.defaults_dir});
  if (loaded) {
    Apply(*std::move(loaded), report);
  } else {
    report.mistakes = std::move(loaded.error());
  }
  config::LogReport(report);
  event::NotifyReady("");
  end_of_turn_->Request();
  return report;
}

void Node::Apply(config::Configuration next, config::ReloadReport& report) {
  for (const config::KeyRow* row :
       config::PutBackFixed(tables_->shared.config.node, next.node, {"node", "sctp"}))
    report.left.emplace_back(*row, kRestart);
  report.changes = config::FindChanges(tables_->shared.config, next);
  SetLogLevel(options_.log_level.value_or(next.node.log_level));
  const config::Configuration old = std::exchange(tables_->shared.config, std::move(next));
  tables_->channels.Reload();
  tables_->associations.Reload(old);
  control_->commands().WatchGroups();
}

}  // namespace funnel::sctpd
