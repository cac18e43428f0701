#include "funnel-sctpd/daemon/udp_sockets.h"

#include <algorithm>

#include "common/base/log.h"
#include "common/event/notify.h"
#include "funnel-sctpd/engine/packet/sockets.h"

namespace funnel::sctpd {
namespace {

Result<std::vector<UniqueFd>> Bind(const config::SctpConfig& config) {
  std::vector<UniqueFd> sockets;
  if (config.listen.empty()) {
    sockets.push_back(TRY(sctp::BindUdpSocket(config.udp_port)));
    return sockets;
  }
  for (const SocketAddress& address : config.listen) {
    auto at = sctp::TransportAddress::FromSockaddr(address.data(), address.size());
    if (!at) return Fail("cannot listen on " + address.text());
    sockets.push_back(TRY(sctp::BindUdpSocket(*at)));
  }
  return sockets;
}

std::optional<SocketAddress> AddressOf(int fd) {
  sockaddr_storage raw{};
  socklen_t length = sizeof raw;
  auto* address = reinterpret_cast<sockaddr*>(&raw);
  if (::getsockname(fd, address, &length) != 0) return std::nullopt;
  return SocketAddress::FromSockaddr(address, length);
}

bool IsBoundTo(const UniqueFd& socket, const SocketAddress& wanted) {
  return AddressOf(socket.get()) == wanted;
}

// Whether Bind() would have bound the same.
bool Fit(const std::vector<UniqueFd>& sockets, const config::SctpConfig& config) {
  if (config.listen.empty()) {
    auto address = sockets.size() == 1 ? AddressOf(sockets.front().get()) : std::nullopt;
    return address && address->IsWildcard() && address->port() == config.udp_port;
  }
  return sockets.size() == config.listen.size() &&
         std::ranges::all_of(config.listen, [&](const SocketAddress& wanted) {
           return std::ranges::any_of(
               sockets, [&](const auto& socket) { return IsBoundTo(socket, wanted); });
         });
}

}  // namespace

std::string BoundAddress(int fd) {
  auto address = AddressOf(fd);
  return address ? address->text() : "?";
}

Result<> ForgetUdpSockets(event::ListenFds& passed) {
  auto stored = TRY(passed.Take(kStoredUdp, event::SocketKind::kDatagram));
  if (!stored.empty()) event::ForgetStored(kStoredUdp);
  return {};
}

Result<std::vector<UniqueFd>> OwnUdpSockets(const config::SctpConfig& config,
                                            event::ListenFds& passed) {
  auto sockets = TRY(passed.Take(kStoredUdp, event::SocketKind::kDatagram));
  if (!sockets.empty() && Fit(sockets, config)) {
    Log(LogLevel::kInfo, "sockets", "taken over from before the restart");
    return sockets;
  }

  // This comes before others are bound: they may need the same port.
  if (!sockets.empty()) {
    sockets.clear();
    event::ForgetStored(kStoredUdp);
  }

  sockets = TRY(Bind(config));
  event::Store(kStoredUdp, sockets);
  return sockets;
}

}  // namespace funnel::sctpd
