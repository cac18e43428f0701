#include "funnel-tcpd/dialer.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "funnel-tcpd/socket_options.h"

namespace funnel::tcpd {
namespace {

// A Unix socket whose backlog is full says so at once and never tells when there is room.
constexpr std::chrono::milliseconds kBusyRetry{10};

std::string ErrorText(int error) { return FailErrno("cannot connect", error).error().message; }

}  // namespace

Dialer::Dialer(EdgeParts& parts)
    : parts_(parts),
      resolver_(parts.loop),
      deadline_timer_(parts.loop.AddTimer([this] { OnDeadline(); })),
      retry_timer_(parts.loop.AddTimer([this] { RetryBusy(); })),
      hook_(parts.loop.AddTurnHook([this] { DeliverAnswers(); })) {}

DialId Dialer::Dial(Bytes header, Done done) {
  const DialId id(++last_id_);
  auto owned = std::make_unique<Attempt>();
  Attempt& attempt = *owned;
  attempt.dialer = this;
  attempt.id = id;
  attempt.done = std::move(done);
  attempt.header = std::move(header);
  attempts_.emplace(id, std::move(owned));
  deadlines_.push_back({Now() + parts_.service.connect_timeout, id});
  if (!deadline_timer_->armed()) deadline_timer_->Arm(deadlines_.front().at);

  const config::Endpoint& backend = parts_.service.connect;
  if (backend.is_unix()) {
    TryUnix(attempt);
  } else if (const auto literal = backend.literal()) {
    attempt.addresses = {*literal};
    TryNext(attempt);
  } else {
    resolver_.Lookup(backend, [this, id](const net::Resolver::Answer& answer) {
      const auto at = attempts_.find(id);
      if (at == attempts_.end()) return;
      if (!answer) return FailAttempt(*at->second, kConnectFailed, answer.error().message);
      at->second->addresses = *answer;
      TryNext(*at->second);
    });
  }
  return id;
}

void Dialer::Cancel(DialId id) {
  attempts_.erase(id);
  std::erase_if(answers_, [&](const Answer& answer) { return answer.id == id; });
}

Dialer::Progress Dialer::Connect(Attempt& attempt, const sockaddr* address, socklen_t size) {
  attempt.fd.reset(
      socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, /*protocol=*/0));
  if (!attempt.fd) {
    attempt.last_error = ErrorText(errno);
    return Progress::kFailed;
  }
  if (address->sa_family != AF_UNIX) PrepareStream(attempt.fd.get(), parts_.service.keepalive);
  if (connect(attempt.fd.get(), address, size) == 0) return Progress::kConnected;
  if (errno == EAGAIN) return Progress::kBusy;
  if (errno != EINPROGRESS) {
    attempt.last_error = ErrorText(errno);
    return Progress::kFailed;
  }
  auto watch = parts_.sockets.Add(attempt.fd.get(), EPOLLOUT, attempt);
  if (!watch) {
    attempt.last_error = watch.error().message;
    return Progress::kFailed;
  }
  attempt.watch = std::move(*watch);
  return Progress::kPending;
}

void Dialer::TryNext(Attempt& attempt) {
  while (attempt.next < attempt.addresses.size()) {
    const SocketAddress& address = attempt.addresses[attempt.next++];
    switch (Connect(attempt, address.data(), address.size())) {
      case Progress::kPending:
        return;
      case Progress::kConnected:
        if (SendHeader(attempt)) return Finish(attempt, std::move(attempt.fd));
        break;
      case Progress::kBusy:
        attempt.last_error = "no local port free";
        break;
      case Progress::kFailed:
        break;
    }
  }
  FailAttempt(attempt, kConnectFailed, attempt.last_error);
}

void Dialer::TryUnix(Attempt& attempt) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  parts_.service.connect.unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
  switch (Connect(attempt, reinterpret_cast<const sockaddr*>(&address), sizeof address)) {
    case Progress::kConnected:
      if (SendHeader(attempt)) return Finish(attempt, std::move(attempt.fd));
      break;
    case Progress::kBusy:
      busy_.push_back(attempt.id);
      if (!retry_timer_->armed()) retry_timer_->ArmAfter(kBusyRetry);
      return;
    case Progress::kPending:
      return;
    case Progress::kFailed:
      break;
  }
  FailAttempt(attempt, kConnectFailed, attempt.last_error);
}

void Dialer::Attempt::OnReady(std::uint32_t) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  watch.Remove();
  if (error != 0) last_error = ErrorText(error);
  if (error == 0 && dialer->SendHeader(*this)) return dialer->Finish(*this, std::move(fd));
  dialer->TryNext(*this);
}

// The buffer of a new socket takes the few bytes of a header at once, or the connection is broken.
bool Dialer::SendHeader(Attempt& attempt) {
  const Bytes& header = attempt.header;
  if (header.empty()) return true;
  const ssize_t size =
      send(attempt.fd.get(), header.data(), header.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (size == static_cast<ssize_t>(header.size())) return true;
  attempt.last_error = size < 0 ? ErrorText(errno) : "took only a part of the PROXY header";
  return false;
}

void Dialer::FailAttempt(Attempt& attempt, CounterIndex counter, const std::string& why) {
  parts_.Count(counter);
  Log(LogLevel::kWarning, "backend-unreachable", parts_.service.connect.text() + ": " + why,
      {{"SERVICE", parts_.service.name.text()}});
  Finish(attempt, Fail(why));
}

void Dialer::Finish(Attempt& attempt, Result<UniqueFd> result) {
  answers_.push_back({attempt.id, std::move(attempt.done), std::move(result)});
  hook_->Request();
  attempts_.erase(attempt.id);
  while (!deadlines_.empty() && !attempts_.contains(deadlines_.front().id)) deadlines_.pop_front();
}

void Dialer::OnDeadline() {
  const TimePoint now = Now();
  while (!deadlines_.empty() && deadlines_.front().at <= now) {
    const auto at = attempts_.find(deadlines_.front().id);
    deadlines_.pop_front();
    if (at == attempts_.end()) continue;
    Attempt& attempt = *at->second;
    attempt.watch.Remove();
    FailAttempt(attempt, kConnectTimeouts, "no answer within connect-timeout");
  }
  if (!deadlines_.empty()) deadline_timer_->Arm(deadlines_.front().at);
}

void Dialer::RetryBusy() {
  for (const DialId id : std::exchange(busy_, {})) {
    const auto at = attempts_.find(id);
    if (at != attempts_.end()) TryUnix(*at->second);
  }
}

void Dialer::DeliverAnswers() {
  while (!answers_.empty()) {
    Answer answer = std::move(answers_.front());
    answers_.pop_front();
    answer.done(std::move(answer.result));
  }
}

}  // namespace funnel::tcpd
