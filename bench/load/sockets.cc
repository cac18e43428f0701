#include "bench/load/sockets.h"

#include <netinet/tcp.h>
#include <string.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace funnel::bench {
namespace {

constexpr int kBufferBytes = 4 << 20;
constexpr int kBacklog = 4096;

void Set(int fd, int level, int option, int value) {
  if (setsockopt(fd, level, option, &value, sizeof value) != 0) Die("setsockopt");
}

UniqueFd OpenSocket(const SocketAddress& address, Transport transport) {
  const bool tcp = transport == Transport::kTcp;
  UniqueFd fd(socket(address.family(), (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
  if (!fd) Die("socket");
  if (tcp) {
    Set(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    Set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  } else {
    Set(fd.get(), SOL_SOCKET, SO_RCVBUF, kBufferBytes);
    Set(fd.get(), SOL_SOCKET, SO_SNDBUF, kBufferBytes);
  }
  return fd;
}

}  // namespace

void Die(std::string_view what) {
  std::fprintf(stderr, "%s: %.*s: %s\n", program_invocation_short_name,
               static_cast<int>(what.size()), what.data(), strerror(errno));
  std::exit(1);
}

SocketAddress ParseAddress(const char* host, const char* port) {
  const auto address =
      SocketAddress::FromLiteral(host, static_cast<std::uint16_t>(std::atoi(port)));
  errno = EINVAL;
  if (!address) Die(host);
  return *address;
}

UniqueFd ConnectSocket(const SocketAddress& address, Transport transport) {
  UniqueFd fd = OpenSocket(address, transport);
  if (connect(fd.get(), address.data(), address.size()) != 0) Die("connect");
  return fd;
}

UniqueFd BindSocket(const SocketAddress& address, Transport transport) {
  UniqueFd fd = OpenSocket(address, transport);
  if (bind(fd.get(), address.data(), address.size()) != 0) Die("bind");
  if (transport == Transport::kTcp && listen(fd.get(), kBacklog) != 0) Die("listen");
  return fd;
}

void WaitFor(std::vector<pollfd>& fds, Nanoseconds until) {
  const Nanoseconds wait = std::clamp<Nanoseconds>(until - NowNs(), 0, kSecond);
  const timespec timeout{wait / kSecond, wait % kSecond};
  if (ppoll(fds.data(), fds.size(), &timeout, nullptr) < 0 && errno != EINTR) Die("ppoll");
}

}  // namespace funnel::bench
