// The clients and backends of the tests: plain sockets that never wait.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "common/base/socket_address.h"
#include "common/base/unique_fd.h"

namespace funnel::tcpd {

inline SocketAddress BoundAddress(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  return *SocketAddress::FromSockaddr(reinterpret_cast<const sockaddr*>(&storage), size);
}

// Listens on HOST, on any free port, with the given backlog.
inline UniqueFd Listen(const std::string& host, int backlog = 1024) {
  const SocketAddress address = *SocketAddress::FromLiteral(host, 0);
  UniqueFd fd(socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (bind(fd.get(), address.data(), address.size()) != 0 || listen(fd.get(), backlog) != 0)
    return {};
  return fd;
}

inline UniqueFd ListenUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return {};
  if (listen(fd.get(), 1) != 0) return {};
  return fd;
}

// The kernel completes a connection to a listening socket by itself. FROM is the address to connect
// from, if it matters.
inline UniqueFd ConnectTo(const SocketAddress& address, const char* from = nullptr) {
  UniqueFd fd(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (from != nullptr) {
    const SocketAddress own = *SocketAddress::FromLiteral(from, 0);
    if (bind(fd.get(), own.data(), own.size()) != 0) return {};
  }
  if (connect(fd.get(), address.data(), address.size()) != 0) return {};
  return fd;
}

inline UniqueFd AcceptFrom(int listening) {
  return UniqueFd(accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

enum class ReadState { kOpen, kEnd, kReset };

// What an application has read of its connection so far.
struct Reader {
  std::string text;
  ReadState state = ReadState::kOpen;

  // Reads what is there.
  void Poll(int fd) {
    char buffer[65536];
    while (state == ReadState::kOpen) {
      const ssize_t size = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
      if (size < 0 && errno == EAGAIN) return;
      if (size > 0) text.append(buffer, static_cast<std::size_t>(size));
      if (size == 0) state = ReadState::kEnd;
      if (size < 0) state = ReadState::kReset;
    }
  }
};

}  // namespace funnel::tcpd
