#include "funnel-tcpd/dialer.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "common/base/log.h"

namespace funnel::tcpd {
namespace {

// A Unix socket with a full backlog refuses at once and never reports that it has room again. So
// one of the waiting dials tries again this often.
constexpr std::chrono::milliseconds kBusyRetry{10};

}  // namespace

Dialer::Dialer(SharedState& shared)
    : shared_(shared),
      resolver_(shared.loop),
      wake_timer_(shared.loop.AddTimer([this] { OnWake(); })),
      retry_timer_(shared.loop.AddTimer([this] { RetryBusy(); })),
      hook_(shared.loop.AddTurnHook([this] { DeliverAnswers(); })) {}

DialId Dialer::Dial(Bytes header, Done done) {
  const DialId id(++last_id_);
  const TimePoint deadline = Now() + shared_.service.connect_timeout;
  Pending& pending = pending_[id];
  pending.done = std::move(done);
  pending.deadline = pending.wake = deadline;
  wakes_.emplace(deadline, id);
  wake_timer_->Arm(wakes_.begin()->first);

  const config::Endpoint& backend = shared_.service.connect_address;
  if (backend.is_unix()) {
    pending.header = std::move(header);
    // Those that are waiting come first.
    if (!busy_.empty() || !TryUnix(id, pending)) busy_.push_back(id);
    if (!busy_.empty() && !retry_timer_->armed()) retry_timer_->ArmAfter(kBusyRetry);
    return id;
  }
  pending.attempt = std::make_unique<DialAttempt>(
      shared_, order_, static_cast<DialAttempt::User&>(*this), id, std::move(header));
  if (const auto literal = backend.literal()) {
    OnResolved(id, std::vector{*literal});
  } else {
    resolver_.Lookup(backend, [this, id](const auto& answer) { OnResolved(id, answer); });
  }
  return id;
}

void Dialer::OnResolved(DialId id, const net::Resolver::Answer& answer) {
  const auto at = pending_.find(id);
  if (at == pending_.end()) return;
  if (!answer) return FailDial(id, kConnectFailed, answer.error().message);
  const TimePoint now = Now();
  at->second.attempt->Start(*answer, at->second.deadline - now, now);
  Run(id, at->second);
}

void Dialer::OnProgress(DialAttempt& attempt) { Run(attempt.id(), pending_.at(attempt.id())); }

void Dialer::Run(DialId id, Pending& pending) {
  switch (pending.attempt->Run(Now())) {
    case DialAttempt::Outcome::kPending:
      return WakeAt(id, pending,
                    std::min(pending.deadline, pending.attempt->due().value_or(TimePoint::max())));
    case DialAttempt::Outcome::kConnected:
      return Succeed(id, pending.attempt->TakeConnected());
    case DialAttempt::Outcome::kFailed:
      return FailDial(id, kConnectFailed, pending.attempt->error());
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
    if (now < pending.deadline) {
      Run(id, pending);
      continue;
    }
    if (pending.attempt) pending.attempt->GiveUp();
    FailDial(id, kConnectTimeouts, "no answer within connect-timeout");
  }
  if (!wakes_.empty()) wake_timer_->Arm(wakes_.begin()->first);
}

bool Dialer::TryUnix(DialId id, Pending& pending) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  shared_.service.connect_address.unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, /*protocol=*/0));
  if (!fd || connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (fd && errno == EAGAIN) return false;
    FailDial(id, kConnectFailed, FailErrno("cannot connect").error().message);
  } else if (const auto sent = SendWhole(fd.get(), pending.header); !sent) {
    FailDial(id, kConnectFailed, sent.error().message);
  } else {
    Succeed(id, std::move(fd));
  }

  return true;
}

// Tries as many of those that wait as there is room for now, and one more.
void Dialer::RetryBusy() {
  while (!busy_.empty()) {
    const auto at = pending_.find(busy_.front());
    if (at != pending_.end() && !TryUnix(at->first, at->second)) break;
    busy_.pop_front();
  }
  if (!busy_.empty()) retry_timer_->ArmAfter(kBusyRetry);
}

void Dialer::Cancel(DialId id) {
  if (const auto at = pending_.find(id); at != pending_.end()) {
    wakes_.erase({at->second.wake, id});
    pending_.erase(at);
  }
  std::erase_if(answers_, [&](const Answer& answer) { return answer.id == id; });
}

void Dialer::Succeed(DialId id, UniqueFd fd) {
  shared_.Counter(kBackendFailingSince) = 0;
  Finish(id, std::move(fd));
}

void Dialer::FailDial(DialId id, CounterIndex counter, const std::string& why) {
  shared_.Count(counter);
  if (shared_.Counter(kBackendFailingSince).value() == 0)
    shared_.Counter(kBackendFailingSince) = static_cast<std::uint64_t>(std::time(nullptr));
  Log(LogLevel::kWarning, "backend-unreachable",
      shared_.service.connect_address.text() + ": " + why,
      {{"SERVICE", shared_.service.name.text()}});
  Finish(id, Fail(why));
}

void Dialer::Finish(DialId id, Result<UniqueFd> result) {
  const auto at = pending_.find(id);
  answers_.push_back({id, std::move(at->second.done), std::move(result)});
  hook_->Request();
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
