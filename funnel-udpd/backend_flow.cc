#include "funnel-udpd/backend_flow.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "common/base/log.h"
#include "common/base/socket.h"
#include "funnel-udpd/error_queue.h"
#include "funnel-udpd/flow_owner.h"
#include "funnel-udpd/flow_source.h"
#include "funnel-udpd/socket_options.h"

namespace funnel::udpd {
namespace {

// A backend's address need not name the scope, which is that of the interface. What is sent to the
// wildcard address goes to loopback.
bool IsFromHost(const SocketAddress& source, const SocketAddress& backend) {
  return source.ip_bytes() == backend.ip_bytes() || (backend.IsWildcard() && source.IsLoopback());
}

bool IsFrom(const SocketAddress& source, const SocketAddress& backend) {
  return source.port() == backend.port() && IsFromHost(source, backend);
}

void ReportOtherPort(SharedState& shared, const SocketAddress& source,
                     const SocketAddress& backend) {
  if (std::exchange(shared.other_port_reported, true)) return;
  Log(LogLevel::kWarning, "answer-from-other-port",
      source.text() + " answers what " + backend.text() +
          " was asked: dropped, as backend-port = same says (said once; the counter "
          "answers_from_elsewhere goes on)",
      {{"SERVICE", shared.service.name.text()}, {"BACKEND", backend.text()}});
}

}  // namespace

BackendFlow::BackendFlow(SharedState& shared, SendBatch& out, User& user, std::string who)
    : shared_(shared), out_(out), user_(user), who_(std::move(who)), held_(shared.held) {}

BackendFlow::~BackendFlow() {
  // The batch has the number of our descriptor, which may soon be another's.
  if (fd_) out_.Flush();
}

Result<> BackendFlow::OpenFor(const SocketAddress& backend) {
  const int family = backend.family();
  if (family_ == family) return {};
  UniqueFd fd(socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return FailErrno("socket");
  TRY(ReportErrors(fd.get(), family));
  TRY(ReportMark(fd.get(), family));
  TRY(SetFragment(fd.get(), family, shared_.service.fragment));
  TRY(BindFlow(shared_, fd.get(), backend, FlowOwner::Of(who_).client, stated));
  shared_.Gauge(kSourceMissingSince) = 0;
  auto registration = TRY(shared_.sockets.Add(fd.get(), EPOLLIN, *this));
  if (fd_) out_.Flush();
  registration_ = std::move(registration);
  fd_ = std::move(fd);
  family_ = family;
  return {};
}

// Connecting looks up the route; disconnecting leaves the socket as it was.
Result<> BackendFlow::CheckRoute(const SocketAddress& backend) {
  if (connect(fd_.get(), backend.data(), backend.size()) < 0)
    return FailErrno("connect to " + backend.text());
  const sockaddr nowhere{.sa_family = AF_UNSPEC, .sa_data = {}};
  if (connect(fd_.get(), &nowhere, sizeof nowhere) < 0) return FailErrno("connect to nowhere");
  return {};
}

Result<> BackendFlow::SetBackend(const SocketAddress& backend) {
  // What was sent before must leave from the port that it was sent from.
  if (fd_) out_.Flush();
  if (connected()) previous_ = std::exchange(backend_, SocketAddress());
  TRY(OpenFor(backend));
  TRY(CheckRoute(backend));
  backend_ = backend;
  followed_ = {};
  const std::size_t late = held_.DropOlder(shared_.service.lifetime, Now());
  if (previous_.family() == AF_UNSPEC) shared_.Count(kWaitingDropped, late);
  for (const auto& held : held_.all()) AddToBatch(held.datagram);
  return {};
}

void BackendFlow::OnReload() {
  // A socket that took it once takes it again.
  if (fd_) (void)SetFragment(fd_.get(), family_, shared_.service.fragment);
}

void BackendFlow::Send(ByteView datagram, bool keep_copy) {
  if (connected()) AddToBatch(datagram);
  if (connected() && !keep_copy && !follows()) return;
  // Who answers from a port of its own does so for one exchange at a time: only the last datagram
  // may belong to the next.
  if (follows()) held_.Clear();
  const std::size_t lost = held_.Add(datagram, shared_.service.queue_size_bytes, Now());
  if (!connected()) shared_.Count(kWaitingDropped, lost);
}

void BackendFlow::OnReady(std::uint32_t events) {
  if ((events & EPOLLERR) != 0) TakeErrors();
  for (int round = 0; round < kBatches; ++round) {
    const Result<int> got = shared_.batch.Receive(fd_.get());
    // An error that was taken from the queue is returned here, too; that ends it.
    if (!got) continue;
    Take(*got);
    if (*got < ReceiveBatch::kDatagrams) return;
  }
}

void BackendFlow::Take(int count) {
  shared_.Count(kDatagramsIn, static_cast<std::uint64_t>(count));
  for (int i = 0; i < count; ++i) {
    if (!IsAnswer(shared_.batch.source(i))) continue;
    held_.Clear();
    user_.OnBackendDatagram(*this, {shared_.batch.payload(i), shared_.batch.dscp(i)});
  }
}

bool BackendFlow::IsAnswer(const SocketAddress& source) {
  if (IsFrom(source, backend_) || IsFrom(source, previous_)) return true;
  const bool backends = IsFromHost(source, backend_);
  if (!backends && !IsFromHost(source, previous_)) {
    shared_.Count(kAnswersFromElsewhere);
    return false;
  }

  if (!TakesAnyPort()) {
    shared_.Count(kAnswersFromElsewhere);
    ReportOtherPort(shared_, source, backends ? backend_ : previous_);
    return false;
  }

  shared_.Count(kAnswersFromOtherPorts);
  if (backends && !follows()) {
    // Its address may differ from what was asked: the wildcard address, or one without a scope.
    followed_ = backend_;
    followed_.set_port(source.port());
  }
  return true;
}

void BackendFlow::StopFollowing() {
  shared_.Count(kOtherPortsRefused);
  Log(LogLevel::kDebug, "port-refused",
      followed_.text() + " takes nothing more; " + backend_.text() + " is asked again",
      {{"SERVICE", shared_.service.name.text()}, {"BACKEND", backend_.text()}});
  followed_ = {};
  for (const auto& held : held_.all()) AddToBatch(held.datagram);
}

void BackendFlow::TakeErrors() {
  int failed = 0;
  while (const auto error = TakeError(fd_.get())) {
    // The datagram is too large for the path: another address would not take it either. What this
    // host itself has refused is counted where it was sent.
    if (error->error == EMSGSIZE) {
      if (!error->local) shared_.Count(kDatagramsTooLarge);
      continue;
    }

    shared_.Count(error->error == ECONNREFUSED ? kBackendRefused : kReceiveErrors);
    if (follows() && IsFrom(error->sent_to, followed_)) {
      StopFollowing();
    } else if (IsFrom(error->sent_to, backend_)) {
      failed = error->error;
    }
  }
  if (failed != 0) user_.OnBackendFailed(*this, failed);
}

}  // namespace funnel::udpd
