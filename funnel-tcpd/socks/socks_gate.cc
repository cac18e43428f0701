#include "funnel-tcpd/socks/socks_gate.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/foreign_fd.h"
#include "common/base/log.h"
#include "funnel-tcpd/socket_options.h"

namespace funnel::tcpd {
namespace {

// As much of what a refused client sent too early is taken, so that its reply is not lost: close()
// would send a reset instead, while something is unread.
constexpr int kUnreadPieces = 16;

// What the user has sent on them may be descriptors, which are closed with them (foreign_fd.h).
void CloseFlows(Connection command) {
  const ForeignFd first{std::move(command.fd)};
  for (Connection& other : command.more) {
    const ForeignFd closing{std::move(other.fd)};
  }
}

bool SendAll(int fd, ByteView bytes) {
  return send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

}  // namespace

SocksGate::SocksGate(SharedState& shared, std::function<void(Connection)> on_request)
    : shared_(shared),
      on_request_(std::move(on_request)),
      timer_(shared.loop.AddTimer([this] { OnTimer(); })),
      hook_(shared.loop.AddTurnHook([this] { DeliverRequests(); })) {}

void SocksGate::Add(Connection connection) {
  Waiting& added = waiting_.emplace_back(*this, std::move(connection));
  added.place = std::prev(waiting_.end());
  added.until = added.since + shared_.service.request_wait;
  shared_.Count(kSocksRequestsWaiting);
  auto watch = shared_.sockets.Add(added.connection.fd.get(), EPOLLIN, added);
  if (!watch) return Refuse(added, kInternalErrors, watch.error().message);
  added.watch = *std::move(watch);
  if (!timer_->armed()) ArmTimer();
}

void SocksGate::Read(Waiting& waiting) {
  for (std::size_t more = Look(waiting); more > 0; more = Look(waiting)) {
    const int fd = waiting.connection.fd.get();
    const std::size_t before = waiting.message.size();
    waiting.message.resize(before + more);
    const ssize_t size = recv(fd, waiting.message.data() + before, more, MSG_DONTWAIT);
    const int error = size < 0 ? errno : 0;
    waiting.message.resize(before + static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (error == EAGAIN) return;
    if (size <= 0 && error != EINTR) return OnEnd(waiting);
  }
}

std::size_t SocksGate::Look(Waiting& waiting) {
  return waiting.greeted ? LookAtRequest(waiting) : LookAtGreeting(waiting);
}

std::size_t SocksGate::LookAtGreeting(Waiting& waiting) {
  const auto greeting = ReadSocksGreeting(waiting.message);
  if (!greeting) {
    Refuse(waiting, kSocksRequestsBad, greeting.error().message);
    return 0;
  }
  if (greeting->more > 0) return greeting->more;

  const Bytes method = SocksMethod(*greeting);
  if (!greeting->fits) {
    Refuse(waiting, kSocksRequestsBad, "it insists on an authentication", method);
    return 0;
  }
  if (!SendAll(waiting.connection.fd.get(), method)) {
    OnEnd(waiting);
    return 0;
  }
  waiting.greeted = true;
  waiting.message.clear();
  return LookAtRequest(waiting);
}

std::size_t SocksGate::LookAtRequest(Waiting& waiting) {
  auto request = ReadSocksRequest(waiting.message);
  if (!request) {
    Refuse(waiting, kSocksRequestsBad, request.error().message);
    return 0;
  }
  if (request->more > 0) return request->more;

  if (request->reply != SocksReply::kSucceeded) {
    const bool unknown =
        request->reply == SocksReply::kBadCommand || request->reply == SocksReply::kBadAddressType;
    Refuse(waiting, unknown ? kSocksRequestsUnsupported : kSocksRequestsBad,
           unknown ? "it asks for what is not supported: only CONNECT is, to an address or a name"
                   : "its target is no host with a port",
           SocksReplyMessage(request->reply));
    return 0;
  }

  Connection connection = Remove(waiting);
  connection.info.target = std::move(request->target);
  requests_.push_back(std::move(connection));
  hook_->Request();
  return 0;
}

void SocksGate::OnEnd(Waiting& waiting) {
  // Who connects and says nothing only looks whether the port is open.
  if (!waiting.greeted && waiting.message.empty()) {
    shared_.Count(kSocksRequestsNone);
    return CloseWithReset(Remove(waiting).fd);
  }
  Refuse(waiting, kSocksRequestsBad, "the connection ended before it was complete");
}

void SocksGate::Refuse(Waiting& waiting, CounterIndex counter, const std::string& why,
                       ByteView reply) {
  Connection connection = Remove(waiting);
  shared_.Count(counter);
  Log(LogLevel::kNotice, "socks-request-bad",
      "the request of " + connection.client.Unmapped().ip_text() + " is refused: " + why,
      {{"SERVICE", shared_.service.name.text()},
       {"CLIENT", connection.info.client},
       {"REASON", why}});
  if (reply.empty()) return CloseWithReset(std::move(connection.fd));
  CloseWithReply(std::move(connection.fd), reply);
}

Connection SocksGate::Remove(Waiting& waiting) {
  waiting.watch.Remove();
  Connection connection = std::move(waiting.connection);
  waiting_.erase(waiting.place);
  shared_.Counter(kSocksRequestsWaiting) -= 1;
  return connection;
}

void SocksGate::DeliverRequests() {
  for (Connection& connection : std::exchange(requests_, {})) on_request_(std::move(connection));
}

void SocksGate::Clear() {
  while (!waiting_.empty()) CloseWithReset(Remove(waiting_.front()).fd);
  for (Connection& connection : std::exchange(requests_, {}))
    TurnAway(std::move(connection), wire::EndCode::kShutdown);
}

void SocksGate::Visit(
    const std::function<void(const Connection& connection, TimePoint since)>& visit) const {
  for (const Waiting& waiting : waiting_) visit(waiting.connection, waiting.since);
}

void SocksGate::OnTimer() {
  const TimePoint now = Now();
  while (!waiting_.empty() && waiting_.front().until <= now)
    Refuse(waiting_.front(), kSocksRequestsLate, "it did not come within request-wait");
  ArmTimer();
}

void SocksGate::ArmTimer() {
  if (!waiting_.empty()) timer_->Arm(waiting_.front().until);
}

void TurnAway(Connection connection, wire::EndCode code) {
  if (connection.info.flow) return CloseFlows(std::move(connection));
  if (!connection.info.target || connection.forwarded)
    return CloseWithReset(std::move(connection.fd));
  CloseWithReply(std::move(connection.fd), SocksReplyMessage(SocksReplyFor(code)));
}

void CloseWithReply(UniqueFd fd, ByteView reply) {
  if (!SendAll(fd.get(), reply)) return CloseWithReset(std::move(fd));
  (void)shutdown(fd.get(), SHUT_WR);
  std::array<std::uint8_t, 16 * 1024> unread;
  for (int i = 0; i < kUnreadPieces; ++i)
    if (recv(fd.get(), unread.data(), unread.size(), MSG_DONTWAIT) <= 0) break;
  CloseCleanly(std::move(fd));
}

}  // namespace funnel::tcpd
