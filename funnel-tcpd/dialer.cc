#include "funnel-tcpd/dialer.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "common/base/log.h"
#include "common/base/socket.h"
#include "common/service/client/client_policy.h"

namespace funnel::tcpd {
namespace {

// A Unix socket with a full backlog refuses at once and never reports that it has room again. So
// one of the waiting dials tries again this often.
constexpr std::chrono::milliseconds kBusyRetry{10};

}  // namespace

Dialer::Dialer(SharedState& shared)
    : shared_(shared),
      targets_(shared, service::OwnAddresses),
      wake_timer_(shared.loop.AddTimer([this] { OnWake(); })),
      retry_timer_(shared.loop.AddTimer([this] { RetryBusy(); })),
      hook_(shared.loop.AddTurnHook([this] { DeliverAnswers(); })) {
  OnReload();
}

DialId Dialer::Dial(const std::string& client, Bytes header, Done done) {
  const DialId id(++last_id_);
  Pending& pending = pending_[id];
  pending.done = std::move(done);
  pending.client = client;
  if (shared_.service.source.transparent)
    pending.stated = service::StatedAddress(client).value_or(SocketAddress());
  pending.header = std::move(header);
  pending.deadline = pending.wake = Now() + shared_.service.connect_timeout;
  wakes_.emplace(pending.wake, id);
  wake_timer_->Arm(wakes_.begin()->first);
  Ask(id, pending);
  return id;
}

void Dialer::Ask(DialId id, Pending& pending) {
  const bool refuses = shared_.service.on_backend_down == config::OnBackendDown::kRefuse;
  if (refuses && shared_.backends.AllFailChecks()) {
    shared_.Count(kSessionsNoBackend);
    Log(LogLevel::kInfo, "session-refused", "all backends fail their checks",
        {{"SERVICE", shared_.service.name.text()}, {"CLIENT", pending.client}});
    return Finish(id, Fail("all backends fail their checks"));
  }
  if (ChooseNext(pending)) return Begin(id, pending);
  PassOver(id, kConnectFailed, "no backend");
}

bool Dialer::MayWait(const Pending& pending) const {
  return shared_.service.on_backend_down == config::OnBackendDown::kWait &&
         shared_.backends.AllFailChecks() && Now() < pending.deadline;
}

void Dialer::OnChecked() {
  if (parked_.empty()) return;
  for (const DialId id : std::exchange(parked_, {})) {
    const auto at = pending_.find(id);
    if (at == pending_.end()) continue;
    if (MayWait(at->second)) {
      parked_.insert(id);
      continue;
    }
    at->second.tried.clear();
    Ask(id, at->second);
  }
}

bool Dialer::ChooseNext(Pending& pending) {
  service::BackendPool::Use next = shared_.backends.Pick(pending.client, pending.tried, Now());
  if (!next) return false;
  pending.attempt.reset();
  pending.backend = std::move(next);
  pending.tried.push_back(pending.backend.id());
  return true;
}

void Dialer::Begin(DialId id, Pending& pending) {
  // Those that were not asked yet share what is left of the time. A reload may have made them
  // fewer.
  const TimePoint now = Now();
  const std::size_t all = std::max(shared_.backends.size(), pending.tried.size());
  const auto left = static_cast<Duration::rep>(all - pending.tried.size() + 1);
  pending.patience = now + (pending.deadline - now) / left;
  WakeAt(id, pending, pending.patience);

  const config::Endpoint& endpoint = pending.backend.endpoint();
  const service::BackendId backend = pending.backend.id();
  if (endpoint.is_unix()) {
    const auto waits = [&](const auto& one) { return one.second == backend; };
    // Those that are waiting come first.
    if (std::ranges::any_of(busy_, waits) || !TryUnix(id, pending)) busy_.emplace_back(id, backend);
    if (!busy_.empty() && !retry_timer_->armed()) retry_timer_->ArmAfter(kBusyRetry);
    return;
  }

  if (!pending.backend.data()) pending.backend.data() = std::make_unique<Target>(shared_.loop);
  Target& target = static_cast<Target&>(*pending.backend.data());
  pending.attempt = std::make_unique<DialAttempt>(
      shared_, target.order, static_cast<DialAttempt::User&>(*this), id, pending.header);
  pending.attempt->set_client(pending.stated);
  if (const auto literal = endpoint.literal()) {
    OnResolved(id, backend, std::vector{*literal});
  } else {
    target.resolver.Lookup(
        endpoint, [this, id, backend](const auto& answer) { OnResolved(id, backend, answer); });
  }
}

void Dialer::OnResolved(DialId id, service::BackendId backend,
                        const net::Resolver::Answer& answer) {
  const auto at = pending_.find(id);
  if (at == pending_.end() || !at->second.IsAt(backend)) return;
  if (!answer) return PassOver(id, kConnectFailed, answer.error().message);
  const TimePoint now = Now();
  at->second.attempt->Start(*answer, at->second.patience - now, now);
  Run(id, at->second);
}

void Dialer::OnReload() {
  shared_.backends.Configure(shared_.service);
  shared_.backend_reports().OnConfigured();
  OnChecked();
}

void Dialer::OnProgress(DialAttempt& attempt) { Run(attempt.id(), pending_.at(attempt.id())); }

void Dialer::Run(DialId id, Pending& pending) {
  switch (pending.attempt->Run(Now())) {
    case DialAttempt::Outcome::kPending:
      return WakeAt(id, pending,
                    std::min(pending.patience, pending.attempt->due().value_or(TimePoint::max())));
    case DialAttempt::Outcome::kConnected:
      return Succeed(id, pending.attempt->TakeConnected());
    case DialAttempt::Outcome::kFailed:
      return PassOver(id, pending.attempt->failed_counter(), pending.attempt->error().message);
  }
}

void Dialer::WakeAt(DialId id, Pending& pending, TimePoint at) {
  if (at == pending.wake) return;
  wakes_.erase({pending.wake, id});
  pending.wake = at;
  wakes_.emplace(at, id);
  wake_timer_->Arm(wakes_.begin()->first);
}

void Dialer::OnWake() {
  const TimePoint now = Now();
  while (!wakes_.empty() && wakes_.begin()->first <= now) {
    const DialId id = wakes_.begin()->second;
    Pending& pending = pending_.at(id);
    if (now < pending.patience) {
      Run(id, pending);
      continue;
    }
    if (pending.attempt) pending.attempt->GiveUp();
    PassOver(id, kConnectTimeouts,
             pending.backend ? "no answer within connect-timeout"
                             : "no backend passed its checks within connect-timeout");
  }
  if (!wakes_.empty()) wake_timer_->Arm(wakes_.begin()->first);
}

bool Dialer::TryUnix(DialId id, Pending& pending) {
  const auto address = UnixAddress(pending.backend.endpoint().unix_path);
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, /*protocol=*/0));
  if (!address) {
    PassOver(id, kConnectFailed, address.error().message);
  } else if (!fd || connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address),
                            sizeof *address) != 0) {
    if (fd && errno == EAGAIN) return false;
    PassOver(id, kConnectFailed, FailErrno("cannot connect").error().message);
  } else if (const auto sent = SendWhole(fd.get(), pending.header); !sent) {
    PassOver(id, kConnectFailed, sent.error().message);
  } else {
    Succeed(id, std::move(fd));
  }

  return true;
}

// Of each backend's: tries as many as there is room for now, and one more.
void Dialer::RetryBusy() {
  std::set<service::BackendId> full;
  std::deque<std::pair<DialId, service::BackendId>> waiting;
  for (const auto& [id, backend] : std::exchange(busy_, {})) {
    const auto at = pending_.find(id);
    if (at == pending_.end() || !at->second.IsAt(backend)) continue;
    if (!full.contains(backend) && TryUnix(id, at->second)) continue;
    full.insert(backend);
    waiting.emplace_back(id, backend);
  }

  // Those that were passed over just now wait for another backend.
  busy_.insert(busy_.begin(), waiting.begin(), waiting.end());
  if (!busy_.empty()) retry_timer_->ArmAfter(kBusyRetry);
}

void Dialer::Cancel(DialId id) {
  parked_.erase(id);
  if (const auto at = pending_.find(id); at != pending_.end()) {
    wakes_.erase({at->second.wake, id});
    pending_.erase(at);
  }
  std::erase_if(answers_, [&](const Answer& answer) { return answer.id == id; });
}

void Dialer::Succeed(DialId id, UniqueFd fd) {
  shared_.Counter(kBackendFailingSince) = 0;
  shared_.Counter(kSourceMissingSince) = 0;
  shared_.backend_reports().OnWorked(pending_.at(id).backend, Now());
  Finish(id, Connected{std::move(fd), std::move(pending_.at(id).backend)});
}

void Dialer::PassOver(DialId id, CounterIndex counter, const std::string& why) {
  Pending& pending = pending_.at(id);
  const bool sourceless = counter == kSourcesNotHad || counter == kSourcePortsUsedUp;
  if (pending.backend && !sourceless)
    shared_.backend_reports().OnFailed(pending.backend, why, Now());
  const std::string error = pending.backend ? pending.backend.endpoint().text() + ": " + why : why;
  pending.errors += (pending.errors.empty() ? "" : "; ") + error;
  if (ChooseNext(pending)) {
    shared_.Count(kBackendsPassedOver);
    Log(LogLevel::kInfo, "backend-passed-over", error, {{"SERVICE", shared_.service.name.text()}});
    return Begin(id, pending);
  }

  if (MayWait(pending)) {
    pending.attempt.reset();
    pending.backend = {};
    pending.patience = pending.deadline;
    parked_.insert(id);
    return WakeAt(id, pending, pending.deadline);
  }

  shared_.Count(counter);
  auto since = shared_.Counter(sourceless ? kSourceMissingSince : kBackendFailingSince);
  if (since.value() == 0) since = static_cast<std::uint64_t>(std::time(nullptr));
  Log(LogLevel::kWarning, sourceless ? "source-not-had" : "backend-unreachable", pending.errors,
      {{"SERVICE", shared_.service.name.text()}});
  Finish(id, Fail(why));
}

void Dialer::Finish(DialId id, Result<Connected> result) {
  const auto at = pending_.find(id);
  answers_.push_back({id, std::move(at->second.done), std::move(result)});
  hook_->Request();
  parked_.erase(id);
  wakes_.erase({at->second.wake, id});
  pending_.erase(at);
}

void Dialer::DeliverAnswers() {
  while (!answers_.empty()) {
    Answer answer = std::move(answers_.front());
    answers_.pop_front();
    answer.done(std::move(answer.result));
  }
}

}  // namespace funnel::tcpd
