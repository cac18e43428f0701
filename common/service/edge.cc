#include "common/service/edge.h"

#include "common/base/log.h"
#include "common/ipc/credentials.h"

namespace funnel::service {
namespace {

std::string UnitName(const config::ServiceConfig& service) {
  return (service.protocol == config::Protocol::kUdp ? "funnel-udpd@" : "funnel-tcpd@") +
         service.name.text();
}

// Whether the unit, which opens the way to the backend only, has to open another (see
// units/generator/drop_ins.cc). Of names it knows nothing, so that all of them are open.
bool NeedsAnotherWay(const config::Endpoint& before, const config::Endpoint& after) {
  if (before == after || after.is_unix()) return false;
  return before.is_unix() || before.literal() != after.literal() ||
         (before.host == "localhost") != (after.host == "localhost");
}

}  // namespace

Edge::Edge(event::Loop& loop, Setup setup, Application& application, metrics::CounterFile& counters)
    : on_stopped_(std::move(setup.on_stopped)),
      on_status_(std::move(setup.on_status)),
      authd_(
          loop, setup.run_dir + "/authd.sock",
          {[this](std::uint64_t context, const std::string& reason) { OnRevoked(context, reason); },
           [this] { ForEachChannel([](EdgeChannel& channel) { channel.Announce(); }); }}),
      linger_(loop, [this] { changed_->Request(); }),
      core_{.loop = loop,
            .service = std::move(setup.service),
            .sctpd_user = std::move(setup.sctpd_user),
            .sctpd_path = setup.run_dir + "/sctpd.sock",
            .counters = counters,
            .make_cipher = std::move(setup.make_cipher),
            .authd = authd_,
            .linger = linger_,
            .buffer = buffer_,
            .application = &application},
      changed_(loop.AddTurnHook([this] { OnChange(); })),
      stop_timer_(loop.AddTimer([this] { on_stopped_(); })),
      idle_exit_(loop, {[this] { return IdleSince(); }, std::move(setup.on_idle)}) {
  idle_exit_.SetTime(core_.service.idle_exit);
}

Edge::~Edge() = default;

Result<> Edge::StartListening() {
  authd_.Start();
  for (std::uint32_t i = 0; i < core_.service.channels; ++i)
    keepers_.push_back(std::make_unique<ChannelKeeper>(
        core_, ChannelKeeper::Callbacks{[this] { changed_->Request(); },
                                        [this](const std::string& reason) { OnPause(reason); }}));
  for (auto& keeper : keepers_) keeper->Start();
  return {};
}

Result<> Edge::StartConnecting(UniqueFd service_socket) {
  authd_.Start();
  adopter_ =
      TRY(Adopter::Create(core_, std::move(service_socket), [this] { changed_->Request(); }));
  changed_->Request();
  return {};
}

template <typename Visit>
void Edge::ForEachChannel(Visit visit) {
  for (auto& keeper : keepers_)
    if (keeper->channel() != nullptr) visit(*keeper->channel());
  if (adopter_ != nullptr)
    for (auto& channel : adopter_->channels()) visit(*channel);
}

std::size_t Edge::channel_count() const {
  std::size_t count = adopter_ != nullptr ? adopter_->channels().size() : 0;
  for (auto& keeper : keepers_) count += keeper->channel() != nullptr ? 1 : 0;
  return count;
}

void Edge::OnRevoked(std::uint64_t context, const std::string& reason) {
  ForEachChannel([&](EdgeChannel& channel) {
    if (channel.context() == context) channel.OnRevoked(reason);
  });
}

void Edge::OnPause(const std::string& reason) {
  if (channel_count() == 0) core_.application->OnUnavailable(reason);
}

std::string Edge::StatusText() const {
  if (stopping_) return "stops";
  std::size_t up = channel_count();
  if (adopter_ != nullptr)
    return up == 0 ? "waits for a channel" : std::to_string(up) + " channels are up";
  // With several channels the one that is worst off is what matters.
  for (auto& keeper : keepers_)
    if (keeper->channel() == nullptr) return keeper->StatusText();
  return keepers_.empty() ? "" : keepers_.front()->StatusText();
}

void Edge::OnChange() {
  on_status_(StatusText());
  CheckStopped();
}

void Edge::Reload(const config::ServiceConfig& service) {
  const config::ServiceConfig& old = core_.service;
  if (service.role != old.role || service.protocol != old.protocol ||
      service.listen != old.listen || service.channels != old.channels ||
      service.peer != old.peer) {
    Log(LogLevel::kWarning, "restart-needed",
        "role, protocol, peer, listen or channels have changed: nothing of it is in force before: "
        "systemctl restart " +
            UnitName(old) + ".socket",
        {{"SERVICE", old.name.text()}});
    return;
  }
  if (NeedsAnotherWay(old.connect, service.connect) && ipc::UnitsAreEnforced())
    Log(LogLevel::kWarning, "restart-needed",
        "the unit lets nothing through to the new backend before: systemctl daemon-reload, then: "
        "systemctl restart " +
            UnitName(old) + ".service",
        {{"SERVICE", old.name.text()}});
  core_.service = service;
  idle_exit_.SetTime(core_.service.idle_exit);
  core_.application->OnReload(core_.service);
}

void Edge::Stop() {
  if (std::exchange(stopping_, true)) return;
  idle_exit_.SetTime(Duration(0));
  core_.application->OnStop();
  for (auto& keeper : keepers_) keeper->Stop();
  if (adopter_ != nullptr) adopter_->Stop();
  stop_timer_->ArmAfter(kStopTime);
  changed_->Request();
}

// A channel of ours that carries nothing is closed with the rest; one that the peer keeps up is in
// use.
std::optional<TimePoint> Edge::IdleSince() const {
  auto since = core_.application->IdleSince();
  if (!since || adopter_ == nullptr) return since;
  auto no_channel_since = adopter_->IdleSince();
  if (!no_channel_since) return std::nullopt;
  return std::max(*since, *no_channel_since);
}

void Edge::CheckStopped() {
  if (!stopping_ || !linger_.empty()) return;
  for (auto& keeper : keepers_)
    if (!keeper->stopped()) return;
  if (adopter_ != nullptr && !adopter_->stopped()) return;
  stop_timer_->Disarm();
  on_stopped_();
}

}  // namespace funnel::service
