#include "common/service/edge.h"

#include <algorithm>

#include "common/base/log.h"

namespace funnel::service {

Edge::Edge(event::Loop& loop, Setup setup, Application& application, metrics::CounterFile& counters)
    : on_stopped_(std::move(setup.on_stopped)),
      on_status_(std::move(setup.on_status)),
      authd_(
          loop, setup.run_dir + "/authd.sock",
          {[this](std::uint64_t context, const std::string& reason) { OnRevoked(context, reason); },
           [this] { VisitChannels([](EdgeChannel& channel) { channel.security().Announce(); }); }}),
      linger_(loop, [this] { changed_->Request(); }),
      trace_(loop, std::move(setup.trace_queue_bytes),
             {[this] {
                VisitChannels([this](EdgeChannel& channel) { channel.SetTracing(trace_.on()); });
              },
              [this] { shared_.Count(kTraceLinesLost); }}),
      shared_{.loop = loop,
              .service = std::move(setup.service),
              .sctpd_user = std::move(setup.sctpd_user),
              .sctpd_path = setup.run_dir + "/sctpd.sock",
              .counters = counters,
              .rekey_retry = setup.rekey_retry,
              .confirm_timeout = setup.confirm_timeout,
              .make_cipher = std::move(setup.make_cipher),
              .key_log = KeyLog(
                  setup.run_dir + "/edge/" + shared_.service.name.text() + "/keys.log", counters),
              .authd = authd_,
              .linger = linger_,
              .buffer = buffer_,
              .trace = trace_,
              .application = &application},
      changed_(loop.AddTurnHook([this] { OnChange(); })),
      stop_timer_(loop.AddTimer([this] { on_stopped_(); })),
      idle_exit_(loop, {[this] { return IdleSince(); }, std::move(setup.on_idle)}) {
  idle_exit_.SetTime(shared_.service.idle_exit);
  shared_.key_log.SetLimit(shared_.service);
}

Edge::~Edge() = default;

Result<> Edge::StartListening() {
  authd_.Start();
  for (std::uint32_t i = 0; i < shared_.service.channels; ++i)
    keepers_.push_back(std::make_unique<ChannelKeeper>(
        shared_, ChannelKeeper::Callbacks{[this] { changed_->Request(); },
                                          [this](const std::string& reason) { OnPause(reason); }}));
  for (auto& keeper : keepers_) keeper->Start();
  return {};
}

Result<> Edge::StartConnecting(UniqueFd service_socket) {
  authd_.Start();
  adopter_ =
      TRY(Adopter::Create(shared_, std::move(service_socket), [this] { changed_->Request(); }));
  changed_->Request();
  return {};
}

std::size_t Edge::channel_count() const {
  std::size_t count = adopter_ != nullptr ? adopter_->channels().size() : 0;
  for (auto& keeper : keepers_) count += keeper->channel() != nullptr ? 1 : 0;
  return count;
}

void Edge::OnRevoked(std::uint64_t context, const std::string& reason) {
  VisitChannels([&](EdgeChannel& channel) {
    if (channel.security().context() == context) channel.OnRevoked(reason);
  });
}

void Edge::OnPause(const std::string& reason) {
  TimePoint until = TimePoint::max();
  for (auto& keeper : keepers_) {
    if (keeper->state() != ChannelKeeper::State::kPaused) return;
    until = std::min(until, keeper->next_try());
  }
  shared_.application->OnUnavailable(reason, until);
}

std::string Edge::StatusText() const {
  if (stopping_) return "stops";
  return draining_ ? "draining, takes no new sessions; " + ChannelText() : ChannelText();
}

std::string Edge::ChannelText() const {
  std::size_t up = channel_count();
  if (adopter_ != nullptr)
    return up == 0   ? "waits for a channel"
           : up == 1 ? "1 channel is up"
                     : std::to_string(up) + " channels are up";
  // If there are several channels, the one in the worst state is shown.
  for (auto& keeper : keepers_)
    if (keeper->channel() == nullptr) return keeper->StatusText();
  return keepers_.empty() ? "" : keepers_.front()->StatusText();
}

void Edge::OnChange() {
  on_status_(StatusText());
  CheckStopped();
}

void Edge::Reload(const config::ServiceConfig& service) {
  shared_.service = service;
  idle_exit_.SetTime(shared_.service.idle_exit);
  shared_.key_log.SetLimit(shared_.service);
  shared_.application->OnReload(shared_.service);
}

void Edge::SetDraining(bool draining) {
  if (std::exchange(draining_, draining) == draining) return;
  shared_.counters[kDraining] = draining ? 1 : 0;
  shared_.application->SetDraining(draining);
  Log(LogLevel::kNotice, "draining",
      draining ? "no new sessions; " + std::to_string(shared_.application->session_count()) +
                     " go on until they end"
               : "resumed: new sessions are taken again",
      {{"SERVICE", shared_.service.name.text()}});
  changed_->Request();
}

void Edge::Stop() {
  if (std::exchange(stopping_, true)) return;
  idle_exit_.SetTime(Duration(0));
  shared_.application->OnStop();
  for (auto& keeper : keepers_) keeper->Stop();
  if (adopter_ != nullptr) adopter_->Stop();
  stop_timer_->ArmAfter(kStopTime);
  changed_->Request();
}

// A channel of ours that carries nothing is closed by the stop; one that the peer opened counts as
// use.
std::optional<TimePoint> Edge::IdleSince() const {
  // After a restart it would have forgotten that an administrator drained it.
  if (draining_ || trace_.on()) return std::nullopt;
  auto since = shared_.application->IdleSince();
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
