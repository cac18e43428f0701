#include "funnel-tcpd/dial_attempt.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "common/base/socket.h"
#include "common/net/source_socket.h"
#include "funnel-tcpd/socket_options.h"

namespace funnel::tcpd {
namespace {

// If a name has very many addresses, a log line has only the last ones.
constexpr std::size_t kMaxErrors = 4;

Error ErrorOf(int error) { return FailErrno("cannot connect", error).error(); }

}  // namespace

DialAttempt::DialAttempt(SharedState& shared, net::AddressOrder& order, User& user, DialId id,
                         Bytes header)
    : shared_(shared), order_(order), user_(user), id_(id), header_(std::move(header)) {}

void DialAttempt::Start(std::span<const SocketAddress> found, Duration whole, TimePoint now) {
  race_.emplace(order_.Arrange(found),
                net::AddressRace::Times{shared_.service.attempt_delay, whole}, now);
}

std::optional<TimePoint> DialAttempt::due() const {
  return race_ && !connected_ ? race_->due() : std::nullopt;
}

DialAttempt::Outcome DialAttempt::Run(TimePoint now) {
  if (!race_) return Outcome::kPending;
  while (!connected_) {
    const auto next = race_->Next(now);
    if (!next) break;
    Begin(*next, now);
  }
  if (connected_) return Outcome::kConnected;
  return sockets_.empty() && race_->exhausted() ? Outcome::kFailed : Outcome::kPending;
}

void DialAttempt::Begin(const SocketAddress& address, TimePoint now) {
  auto owned = std::make_unique<Socket>();
  Socket& socket = *owned;
  socket.attempt = this;
  socket.address = address;

  auto connecting =
      net::ConnectFrom({shared_.service.source, client_, shared_.source_ports}, address, now);
  if (!connecting) return Fail(address, connecting.error(), now);
  socket.fd = std::move(connecting->fd);
  PrepareStream(socket.fd.get(), shared_.service.keepalive);
  if (connecting->connected) return Win(socket);

  auto watch = shared_.sockets.Add(socket.fd.get(), EPOLLOUT, socket);
  if (!watch) return Fail(address, watch.error(), now);
  socket.watch = std::move(*watch);

  if (sockets_.size() == net::AddressRace::kMaxAtOnce) sockets_.erase(sockets_.begin());
  sockets_.push_back(std::move(owned));
}

void DialAttempt::Socket::OnReady(std::uint32_t) {
  const int error = TakeSocketError(fd.get());
  watch.Remove();
  DialAttempt& owner = *attempt;
  const auto self = std::ranges::find(owner.sockets_, this, &std::unique_ptr<Socket>::get);
  const std::unique_ptr<Socket> kept = std::move(*self);
  owner.sockets_.erase(self);

  if (error != 0) {
    owner.Fail(address, ErrorOf(error), Now());
  } else {
    owner.Win(*this);
  }

  owner.user_.OnProgress(owner);
}

void DialAttempt::Win(Socket& socket) {
  if (const auto sent = SendWhole(socket.fd.get(), header_); !sent)
    return Fail(socket.address, sent.error(), Now());
  order_.OnWorked(socket.address);
  connected_ = std::move(socket.fd);
  sockets_.clear();
}

void DialAttempt::Fail(const SocketAddress& address, const Error& why, TimePoint now) {
  const bool asked = !net::IsSourceError(shared_.service.source, why);
  if (asked) order_.OnFailed(address);
  if (errors_.size() == kMaxErrors) errors_.erase(errors_.begin());
  errors_.push_back(address.ip_text() + ": " + why.message);
  if (asked || last_errno_ == 0) last_errno_ = why.code;
  race_->OnFailed(now);
}

void DialAttempt::GiveUp() {
  for (const auto& socket : sockets_) order_.OnFailed(socket->address);
  sockets_.clear();
}

Error DialAttempt::error() const {
  std::string out;
  for (const std::string& error : errors_) out += (out.empty() ? "" : "; ") + error;
  return {out.empty() ? "no address" : out, last_errno_};
}

CounterIndex DialAttempt::failed_counter() const {
  const Error why = error();
  if (!net::IsSourceError(shared_.service.source, why)) return kConnectFailed;
  return net::IsUsedUp(why) ? kSourcePortsUsedUp : kSourcesNotHad;
}

Result<> SendWhole(int fd, ByteView header) {
  if (header.empty()) return {};
  const ssize_t size = send(fd, header.data(), header.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (size == static_cast<ssize_t>(header.size())) return {};
  if (size < 0) return FailErrno("cannot send the PROXY header");
  return funnel::Fail("took only a part of the PROXY header");
}

}  // namespace funnel::tcpd
