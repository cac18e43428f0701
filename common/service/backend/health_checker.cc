#include "common/service/backend/health_checker.h"

#include <algorithm>
#include <utility>

#include "common/config/secret_file.h"

namespace funnel::service {
namespace {

// Checks of several services share wake-ups; the shortest check-timeout is as long.
constexpr std::chrono::milliseconds kAccuracy{10};

Result<Secret> SecretOf(const config::ServiceConfig& service) {
  if (service.check.kind != config::HealthCheck::Kind::kRadius) return Secret();
  auto secret = config::ReadSecret(config::kCheckSecretCredential, service.check_secret_file);
  if (!secret) return Fail("check-secret-file: " + secret.error().message);
  return secret;
}

}  // namespace

HealthChecker::HealthChecker(event::Loop& loop, event::EpollSet& sockets,
                             const config::ServiceConfig& service, Report report)
    : setup_{.loop = loop,
             .sockets = sockets,
             .service = service,
             .user = *this,
             .preface = {},
             .secret = Secret(),
             .ports = ports_},
      report_(std::move(report)) {}

void HealthChecker::Configure(const BackendPool& pool, Bytes preface) {
  Stop();
  if (setup_.service.check.kind == config::HealthCheck::Kind::kNone || pool.size() == 0) return;
  setup_.preface = std::move(preface);
  setup_.secret = SecretOf(setup_.service);
  timer_ = setup_.loop.AddTimer([this] { OnTimer(); }, kAccuracy);

  const TimePoint now = Now();
  const Duration step = setup_.service.check_every / static_cast<Duration::rep>(pool.size());
  pool.Visit(now, [&](const BackendPool::View& view) {
    targets_.push_back(
        {.next = now + step * static_cast<Duration::rep>(targets_.size()),
         .probe = std::make_unique<HealthProbe>(setup_, view.id, view.line.endpoint)});
  });
  Arm();
}

void HealthChecker::Stop() {
  targets_.clear();
  timer_.reset();
}

void HealthChecker::OnTimer() {
  const TimePoint now = Now();
  for (Target& target : targets_) {
    target.probe->OnTime(now);
    // check-timeout is not above check-every, but a timer may be late.
    if (now < target.next || target.probe->due()) continue;
    target.next += setup_.service.check_every;
    if (target.next <= now) target.next = now + setup_.service.check_every;
    target.probe->Start(now);
  }
  Arm();
}

void HealthChecker::OnProbeDone(HealthProbe& probe, const Result<>& result) {
  // What clients' sessions have taken all of is no fault of the backend.
  if (result || !net::IsUsedUp(result.error())) report_(probe.backend(), result);
  Arm();
}

void HealthChecker::Arm() {
  TimePoint first = TimePoint::max();
  for (const Target& target : targets_)
    first = std::min(first, target.probe->due().value_or(target.next));
  timer_->Arm(first);
}

}  // namespace funnel::service
