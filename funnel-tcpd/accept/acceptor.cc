#include "funnel-tcpd/accept/acceptor.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <ctime>
#include <utility>

#include "common/base/log.h"
#include "funnel-tcpd/answering.h"
#include "funnel-tcpd/socket_addresses.h"
#include "funnel-tcpd/socket_options.h"

namespace funnel::tcpd {
namespace {

// Used after the kernel had no memory, or the spare descriptor could not be opened again: long
// enough not to spin, short enough that clients do not notice.
constexpr std::chrono::milliseconds kPause{100};

UniqueFd OpenSpare() { return UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

Acceptor::Listener::Listener(Acceptor& owner, UniqueFd socket)
    : acceptor(owner), fd(std::move(socket)) {}

Acceptor::Acceptor(SharedState& shared, OnConnection on_connection, Balancers balancers)
    : shared_(shared),
      on_connection_(std::move(on_connection)),
      balancers_(balancers),
      gate_(shared, [this] { hook_->Request(); }),
      spare_(OpenSpare()),
      pause_(shared.loop.AddTimer([this] { SetListening(true); })),
      hook_(shared.loop.AddTurnHook([this] { AcceptReady(); })) {}

Result<> Acceptor::Add(UniqueFd listening) {
  auto listener = std::make_unique<Listener>(*this, std::move(listening));
  listener->watch = TRY(shared_.sockets.Add(listener->fd.get(), EPOLLIN, *listener));
  listeners_.push_back(std::move(listener));
  return {};
}

void Acceptor::Listener::OnReady(std::uint32_t) {
  ready = true;
  acceptor.hook_->Request();
}

void Acceptor::Stop() {
  listeners_.clear();
  gate_.Clear();
}

Result<> Acceptor::SetAnswering(bool on) {
  Result<> last;
  for (const auto& listener : listeners_) {
    auto set = tcpd::SetAnswering(listener->fd.get(), on);
    if (!set) last = std::move(set);
  }
  return last;
}

void Acceptor::AcceptReady() {
  for (ProxyGate::Arrival& arrival : gate_.Take()) {
    const ProxyAddresses own = arrival.addresses.value_or(
        ProxyAddresses{arrival.balancer, LocalAddress(arrival.fd.get())});
    Admit(std::move(arrival.fd), own.client, own.local);
  }

  for (const auto& listener : listeners_) {
    if (!std::exchange(listener->ready, false)) continue;
    for (int i = 0; i < kBatch && AcceptOne(listener->fd.get()); ++i) continue;
  }
}

bool Acceptor::AcceptOne(int listening) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  UniqueFd fd(accept4(listening, reinterpret_cast<sockaddr*>(&storage), &size,
                      SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) return OnAcceptError(listening, errno);
  // It may have come when the listening socket stopped answering, which is not for connections.
  if (shared_.service.accept_when == config::AcceptWhen::kUp)
    (void)tcpd::SetAnswering(fd.get(), true);
  const SocketAddress client =
      SocketAddress::FromSockaddr(reinterpret_cast<const sockaddr*>(&storage), size)
          .value_or(SocketAddress());
  if (balancers_ == Balancers::kCome && gate_.Expects(client)) {
    Expect(std::move(fd), client);
  } else {
    const SocketAddress local = LocalAddress(fd.get());
    Admit(std::move(fd), client, local);
  }
  return true;
}

void Acceptor::Expect(UniqueFd fd, const SocketAddress& balancer) {
  if (IsDrained(fd)) return;
  // The client that it is for is not known yet.
  SessionLimit::Slot slot = TakeSlot(/*client=*/"");
  if (!slot) return CloseWithReset(std::move(fd));
  gate_.Add(std::move(fd), balancer, std::move(slot));
}

SessionLimit::Slot Acceptor::TakeSlot(std::string client) {
  SessionLimit::Slot slot = shared_.limit.Take(std::move(client));
  if (slot) return slot;
  shared_.Count(kSessionsOverLimit);
  Log(LogLevel::kWarning, "sessions-over-limit", "max-sessions is reached: connection reset",
      {{"SERVICE", shared_.service.name.text()}});
  return slot;
}

bool Acceptor::MayCome(const SocketAddress& client) {
  using Limit = service::ClientLimits::Limit;
  const config::ServiceConfig& service = shared_.service;
  const TimePoint now = Now();
  const std::uint32_t most = service.max_sessions_per_client;
  auto refusal = shared_.clients.AdmitNew(service, client, now);
  if (!refusal && most > 0 && shared_.limit.TakenBy(service::ClientOf(client)) >= most)
    refusal = shared_.clients.Refuse(service, client, Limit::kSessions, now);
  shared_.Count(kRatesForgotten, shared_.clients.rates().TakeForgotten());
  if (!refusal) return true;

  const bool network = refusal->limit == Limit::kNetwork;
  shared_.Count(network                         ? kClientsTurnedAway
                : refusal->limit == Limit::kNew ? kClientNewsOverRate
                                                : kClientSessionsOverLimit);
  shared_.Counter(kClientLimitedAt) = static_cast<std::uint64_t>(std::time(nullptr));
  service::LogRefusal(service, client, *refusal);
  return false;
}

bool Acceptor::IsDrained(UniqueFd& fd) {
  if (!shared_.draining) return false;
  shared_.Count(kSessionsDrained);
  CloseWithReset(std::move(fd));
  return true;
}

void Acceptor::Admit(UniqueFd fd, const SocketAddress& client, const SocketAddress& local) {
  if (IsDrained(fd)) return;
  if (!MayCome(client)) return CloseWithReset(std::move(fd));
  SessionLimit::Slot slot = TakeSlot(service::ClientOf(client));
  if (!slot) return CloseWithReset(std::move(fd));

  PrepareStream(fd.get(), shared_.service.keepalive);
  wire::SessionInfo info{AddressText(client), AddressText(local)};
  on_connection_(
      {.fd = std::move(fd), .info = std::move(info), .slot = std::move(slot), .client = client});
}

bool Acceptor::OnAcceptError(int listening, int error) {
  switch (error) {
    case EAGAIN:
      return false;
    case EINTR:
      return true;
    case EMFILE:
    case ENFILE:
      Shed(listening);
      return false;
    case ENOBUFS:
    case ENOMEM:
      Pause();
      return false;
    default:  // an error of that one connection (accept(2), "Error handling")
      shared_.Count(kAcceptErrors);
      return true;
  }
}

void Acceptor::Shed(int listening) {
  Log(LogLevel::kError, "no-descriptors", "too many open files: connections are reset",
      {{"SERVICE", shared_.service.name.text()}});
  spare_.reset();
  UniqueFd fd(accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd) {
    shared_.Count(kAcceptShed);
    CloseWithReset(std::move(fd));
  }
  spare_ = OpenSpare();
  if (!spare_) Pause();
}

void Acceptor::Pause() {
  shared_.Count(kAcceptErrors);
  SetListening(false);
  pause_->ArmAfter(kPause);
}

void Acceptor::SetListening(bool on) {
  const std::uint32_t events = on ? std::uint32_t{EPOLLIN} : 0;
  for (const auto& listener : listeners_) listener->watch.SetEvents(events);
  if (on && !spare_) spare_ = OpenSpare();
}

}  // namespace funnel::tcpd
