#include "funnel-udpd/backend_chooser.h"

#include <ctime>
#include <memory>
#include <utility>

#include "common/base/log.h"
#include "funnel-udpd/flow_owner.h"

namespace funnel::udpd {
namespace {

// A backend that never answers, such as a log server, counts as good again if nothing was refused
// for so long although something was sent.
constexpr std::chrono::seconds kQuiet{10};

}  // namespace

struct BackendChooser::Picker final : service::BackendData {
  Picker(SharedState& shared, BackendPicker::User& user, const config::Endpoint& endpoint)
      : picker(shared, user, endpoint) {}
  BackendPicker picker;
};

BackendChooser::BackendChooser(SharedState& shared, User& user) : shared_(shared), user_(user) {
  OnReload();
}

void BackendChooser::OnReload() {
  shared_.backends.Configure(shared_.service);
  shared_.backend_reports().OnConfigured();
}

BackendPicker& BackendChooser::PickerOf(BackendFlow& flow) {
  return static_cast<Picker&>(*flow.backend_use.data()).picker;
}

void BackendChooser::Begin(BackendFlow& flow) {
  if (!Move(flow)) user_.OnNoBackend(flow, "no backend");
}

bool BackendChooser::Move(BackendFlow& flow) {
  service::BackendPool::Use next =
      shared_.backends.Pick(FlowOwner::Of(flow.who()).client, flow.refused_by, Now());
  if (!next) return false;
  if (flow.backend_use) PickerOf(flow).Forget(flow);
  flow.backend_use = std::move(next);
  flow.refused_by.push_back(flow.backend_use.id());
  flow.choice = {};
  if (!flow.backend_use.data()) {
    flow.backend_use.data() = std::make_unique<Picker>(
        shared_, static_cast<BackendPicker::User&>(*this), flow.backend_use.endpoint());
  }
  PickerOf(flow).Begin(flow);
  return true;
}

void BackendChooser::Send(BackendFlow& flow, ByteView datagram, TimePoint now) {
  if (shared_.backends.ShouldLeave(flow.backend_use, now)) {
    // Nothing was refused, so what went to the former backend is not sent again.
    flow.refused_by.clear();
    flow.ForgetSent();
    (void)Move(flow);
  }
  PickerOf(flow).Send(flow, datagram, /*keep_copy=*/shared_.backends.size() > 1, now);
  if (now - last_failure_ >= kQuiet) shared_.Gauge(kBackendFailingSince) = 0;
}

void BackendChooser::OnAnswer(BackendFlow& flow, TimePoint now) {
  shared_.Gauge(kBackendFailingSince) = 0;
  shared_.backend_reports().OnWorked(flow.backend_use, now);
  if (flow.refused_by.size() > 1) flow.refused_by = {flow.backend_use.id()};
  PickerOf(flow).OnAnswer(flow);
}

void BackendChooser::OnFailed(BackendFlow& flow, int error) {
  last_failure_ = Now();
  PickerOf(flow).OnFailed(flow, error);
}

void BackendChooser::Forget(BackendFlow& flow) {
  if (flow.backend_use) PickerOf(flow).Forget(flow);
}

void BackendChooser::OnNoBackend(BackendFlow& flow, const std::string& why) {
  const bool failed = flow.choice.counter == kConnectFailed;
  if (failed) {
    last_failure_ = Now();
    shared_.backend_reports().OnFailed(flow.backend_use, why, last_failure_);
  }
  if (Move(flow)) {
    shared_.Count(kBackendsPassedOver);
    return Log(LogLevel::kInfo, "backend-passed-over", why,
               {{"SERVICE", shared_.service.name.text()}});
  }

  if (failed && shared_.Gauge(kBackendFailingSince).value() == 0)
    shared_.Gauge(kBackendFailingSince) = static_cast<std::uint64_t>(std::time(nullptr));
  user_.OnNoBackend(flow, why);
}

}  // namespace funnel::udpd
