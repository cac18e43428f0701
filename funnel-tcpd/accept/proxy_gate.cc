#include "funnel-tcpd/accept/proxy_gate.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "common/base/log.h"
#include "funnel-tcpd/socket_options.h"

namespace funnel::tcpd {
namespace {

// How many of the bytes that wait at FD are of the line, of which there are HAVE. 0: none waits.
std::size_t RestOfLine(int fd, std::size_t have) {
  std::array<char, kMaxProxyLine> waiting;
  const ssize_t size = recv(fd, waiting.data(), waiting.size() - have, MSG_PEEK | MSG_DONTWAIT);
  if (size <= 0) return 0;
  const std::string_view text(waiting.data(), static_cast<std::size_t>(size));
  return std::min(text.find('\n'), text.size() - 1) + 1;
}

}  // namespace

ProxyGate::ProxyGate(SharedState& shared, std::function<void()> on_arrival)
    : shared_(shared),
      on_arrival_(std::move(on_arrival)),
      timer_(shared.loop.AddTimer([this] { OnTimer(); })) {}

bool ProxyGate::Expects(const SocketAddress& peer) const {
  const SocketAddress plain = peer.Unmapped();
  return std::ranges::any_of(shared_.service.accept_proxy_from,
                             [&](const config::Network& one) { return one.Contains(plain); });
}

void ProxyGate::Add(UniqueFd fd, const SocketAddress& balancer, SessionLimit::Slot slot) {
  Waiting& added = waiting_.emplace_back(*this, std::move(fd), balancer, std::move(slot));
  added.place = std::prev(waiting_.end());
  added.until = added.since + shared_.service.accept_proxy_wait;
  shared_.Count(kProxyHeadersWaiting);
  auto watch = shared_.sockets.Add(added.fd.get(), EPOLLIN, added);
  if (!watch) return Refuse(added, kInternalErrors, watch.error().message);
  added.watch = *std::move(watch);
  if (!timer_->armed()) ArmTimer();
}

void ProxyGate::Read(Waiting& waiting) {
  while (ReadSome(waiting)) continue;
}

bool ProxyGate::ReadSome(Waiting& waiting) {
  const auto progress = ReadProxyHeader(waiting.header);
  if (!progress) {
    Refuse(waiting, kProxyHeadersBad, progress.error().message);
    return false;
  }
  if (progress->more == 0) {
    Arrive(waiting, progress->addresses);
    return false;
  }

  const std::size_t before = waiting.header.size();
  std::size_t wanted = progress->more;
  if (progress->is_line) wanted = std::max(wanted, RestOfLine(waiting.fd.get(), before));
  waiting.header.resize(before + wanted);
  const ssize_t size = recv(waiting.fd.get(), waiting.header.data() + before, wanted, MSG_DONTWAIT);
  const int error = size < 0 ? errno : 0;
  waiting.header.resize(before + static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  if (size > 0 || error == EINTR) return true;
  if (error == EAGAIN) return false;

  // Balancers look in this way whether a port is open.
  if (before == 0) {
    shared_.Count(kProxyHeadersNone);
    CloseWithReset(Remove(waiting));
  } else {
    Refuse(waiting, kProxyHeadersBad, "the connection ended before it was complete");
  }
  return false;
}

void ProxyGate::Arrive(Waiting& waiting, const std::optional<ProxyAddresses>& addresses) {
  const SocketAddress balancer = waiting.balancer;
  arrived_.push_back({Remove(waiting), balancer, addresses});
  on_arrival_();
}

void ProxyGate::Refuse(Waiting& waiting, CounterIndex counter, const std::string& why) {
  const std::string balancer = waiting.balancer.Unmapped().ip_text();
  shared_.Count(counter);
  Log(LogLevel::kWarning, "proxy-header-bad",
      "a connection from " + balancer +
          " has no PROXY header that can be read and is reset: " + why,
      {{"SERVICE", shared_.service.name.text()}, {"BALANCER", balancer}, {"REASON", why}});
  CloseWithReset(Remove(waiting));
}

UniqueFd ProxyGate::Remove(Waiting& waiting) {
  waiting.watch.Remove();
  UniqueFd fd = std::move(waiting.fd);
  waiting_.erase(waiting.place);
  shared_.Counter(kProxyHeadersWaiting) -= 1;
  return fd;
}

std::vector<ProxyGate::Arrival> ProxyGate::Take() { return std::exchange(arrived_, {}); }

void ProxyGate::Clear() {
  while (!waiting_.empty()) CloseWithReset(Remove(waiting_.front()));
  for (Arrival& arrival : arrived_) CloseWithReset(std::move(arrival.fd));
  arrived_.clear();
}

void ProxyGate::Visit(
    const std::function<void(const SocketAddress& balancer, TimePoint since)>& visit) const {
  for (const Waiting& waiting : waiting_) visit(waiting.balancer, waiting.since);
}

void ProxyGate::OnTimer() {
  const TimePoint now = Now();
  while (!waiting_.empty() && waiting_.front().until <= now)
    Refuse(waiting_.front(), kProxyHeadersLate, "it did not come within accept-proxy-wait");
  ArmTimer();
}

void ProxyGate::ArmTimer() {
  if (!waiting_.empty()) timer_->Arm(waiting_.front().until);
}

}  // namespace funnel::tcpd
