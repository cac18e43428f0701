#include "common/service/backend/health_probe.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/socket.h"

namespace funnel::service {
namespace {

// Datagrams that one turn reads: others than the answer are somebody's mistake.
constexpr int kDatagramsAtOnce = 8;

bool IsTcp(const config::ServiceConfig& service) {
  return config::HasConnections(service.protocol);
}

// Whether the answer may come from another port than the one that is asked (backend-port): then the
// socket is not connected.
bool TakesAnyPort(const config::ServiceConfig& service) {
  return !IsTcp(service) && service.backend_port == config::PortRule::kAny;
}

// Where clients' sessions come from, or this node's own address: a check has no client.
config::Source SourceOfChecks(const config::ServiceConfig& service) {
  return service.source.transparent ? config::Source() : service.source;
}

bool IsPortMissing(const config::ServiceConfig& service, const Error& error) {
  return net::IsSourceError(service.source, error) && net::IsUsedUp(error);
}

// A new socket's buffer takes the few bytes at once, or it is broken. TO has no family: the socket
// is connected.
Result<> SendAll(int fd, const SocketAddress& to, ByteView bytes) {
  const ssize_t sent = sendto(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                              to.size() > 0 ? to.data() : nullptr, to.size());
  if (sent < 0) return FailErrno("cannot send");
  if (static_cast<std::size_t>(sent) != bytes.size()) return Fail("took only a part of the check");
  return {};
}

}  // namespace

HealthProbe::HealthProbe(const Setup& setup, BackendId backend, config::Endpoint endpoint)
    : setup_(setup), backend_(backend), endpoint_(std::move(endpoint)), resolver_(setup.loop) {}

void HealthProbe::Start(TimePoint now) {
  ++number_;
  due_ = deadline_ = now + setup_.service.check_timeout;
  if (!setup_.secret) return Finish(Fail(setup_.secret.error().message));
  dialogue_.emplace(setup_.service, setup_.secret->view());
  left_.clear();
  const bool failed_before = !std::exchange(passed_, false);
  error_.clear();
  no_port_ = false;

  if (endpoint_.is_unix()) left_ = {SocketAddress()};
  if (const auto literal = endpoint_.literal()) left_ = {*literal};
  if (!left_.empty()) return Next(now);
  error_ = "its name was not resolved within check-timeout";
  resolver_.Lookup(
      endpoint_, [this, number = number_](const auto& answer) { OnResolved(number, answer); },
      failed_before ? net::Resolver::kFailureFresh : setup_.service.resolve_interval);
}

void HealthProbe::OnResolved(std::uint64_t number, const net::Resolver::Answer& answer) {
  if (number != number_ || !due_) return;
  if (!answer) return Finish(Fail(answer.error().message));
  error_.clear();
  left_ = order_.Arrange(*answer);
  std::ranges::reverse(left_);
  Next(Now());
}

void HealthProbe::Next(TimePoint now) {
  while (!left_.empty()) {
    due_ = now + (deadline_ - now) / static_cast<Duration::rep>(left_.size());
    address_ = left_.back();
    left_.pop_back();
    const auto begun = Connect(address_, now);
    if (begun && passed_) return Finish({});
    if (begun) return setup_.user.OnProbeWaits();
    no_port_ = no_port_ || IsPortMissing(setup_.service, begun.error());
    OnAddressFailed(begun.error().message);
  }
  Finish(Fail(error_.empty() ? "no address" : error_, no_port_ ? EADDRINUSE : 0));
}

Result<> HealthProbe::Connect(const SocketAddress& address, TimePoint now) {
  connecting_ = false;
  answer_.clear();
  if (address.family() == AF_UNSPEC) return ConnectUnix();
  if (!IsTcp(setup_.service)) return OpenForDatagrams(address, now);
  const config::Source source = SourceOfChecks(setup_.service);
  auto begun = TRY(net::ConnectFrom({source, {}, setup_.ports}, address, now));
  fd_ = std::move(begun.fd);
  if (begun.connected) return OnConnected();
  connecting_ = true;
  watch_ = TRY(setup_.sockets.Add(fd_.get(), EPOLLOUT, *this));
  return {};
}

Result<> HealthProbe::OpenForDatagrams(const SocketAddress& address, TimePoint now) {
  fd_.reset(socket(address.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_) return FailErrno("socket");
  const config::Source source = SourceOfChecks(setup_.service);
  TRY(net::BindForDatagrams(fd_.get(), {source, {}, setup_.ports}, address, now));
  if (TakesAnyPort(setup_.service)) {
    TRY(ReportErrors(fd_.get(), address.family()));
  } else if (connect(fd_.get(), address.data(), address.size()) != 0) {
    return FailErrno("cannot connect");
  }
  return OnConnected();
}

Result<> HealthProbe::ConnectUnix() {
  const sockaddr_un address = TRY(UnixAddress(endpoint_.unix_path));
  fd_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_) return FailErrno("socket");
  if (connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return FailErrno("cannot connect");
  return OnConnected();
}

Result<> HealthProbe::OnConnected() {
  connecting_ = false;
  Bytes all = setup_.preface;
  all.insert(all.end(), dialogue_->request().begin(), dialogue_->request().end());
  const SocketAddress to = TakesAnyPort(setup_.service) ? address_ : SocketAddress();
  if (!all.empty()) TRY(SendAll(fd_.get(), to, all));
  passed_ = !dialogue_->wants_answer();
  if (passed_) return {};
  if (watch_) {
    watch_.SetEvents(EPOLLIN);
  } else {
    watch_ = TRY(setup_.sockets.Add(fd_.get(), EPOLLIN, *this));
  }
  return {};
}

void HealthProbe::OnReady(std::uint32_t) {
  Result<> result;
  if (connecting_) {
    const int error = TakeSocketError(fd_.get());
    result = error == 0 ? OnConnected() : Result<>(FailErrno("cannot connect", error));
  } else {
    result = OnReadable();
  }

  if (result && !passed_) return;
  if (result) return Finish({});
  OnAddressFailed(result.error().message);
  Next(Now());
}

Result<> HealthProbe::OnReadable() {
  std::array<std::uint8_t, 4096> buffer;
  for (int i = 0; i < kDatagramsAtOnce; ++i) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    auto* name = reinterpret_cast<sockaddr*>(&storage);
    const ssize_t size =
        recvfrom(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT, name, &length);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    if (size < 0) return FailErrno("no answer");
    if (size == 0 && IsTcp(setup_.service)) return Fail("closed the connection without an answer");

    if (TakesAnyPort(setup_.service)) {
      const auto source = SocketAddress::FromSockaddr(name, length);
      if (!source || source->ip_bytes() != address_.ip_bytes()) continue;
    }

    const ByteView came(buffer.data(), static_cast<std::size_t>(size));
    if (!IsTcp(setup_.service)) answer_.clear();
    answer_.insert(answer_.end(), came.begin(), came.end());
    const auto verdict = TRY(dialogue_->Judge(answer_));
    passed_ = verdict == CheckDialogue::Verdict::kPassed;
    if (passed_) return {};
    if (verdict == CheckDialogue::Verdict::kUnfinished && !IsTcp(setup_.service))
      return Fail("the answer is not what check-expect says");
  }
  return {};
}

void HealthProbe::OnTime(TimePoint now) {
  if (!due_ || now < *due_) return;
  if (!fd_) return Finish(Fail(error_));
  OnAddressFailed(connecting_ ? "no connection within check-timeout"
                              : std::string(dialogue_->Silence()));
  Next(now);
}

void HealthProbe::OnAddressFailed(const std::string& why) {
  CloseSocket();
  const bool several = address_.family() != AF_UNSPEC && !endpoint_.is_literal();
  if (several) order_.OnFailed(address_);
  error_ += (error_.empty() ? "" : "; ") + (several ? address_.ip_text() + ": " : "") + why;
}

void HealthProbe::CloseSocket() {
  watch_.Remove();
  fd_.reset();
}

void HealthProbe::Finish(const Result<>& result) {
  CloseSocket();
  due_.reset();
  passed_ = result.has_value();
  if (passed_) order_.OnWorked(address_);
  setup_.user.OnProbeDone(*this, result);
}

}  // namespace funnel::service
