#include "common/event/listen_fds.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

namespace funnel::event {
namespace {

std::string_view Describe(SocketKind kind) {
  switch (kind) {
    case SocketKind::kDatagram:
      return "a UDP socket";
    case SocketKind::kStream:
      return "a listening TCP socket";
    case SocketKind::kControlSocket:
      return "a listening Unix SOCK_SEQPACKET socket";
    case SocketKind::kConnection:
      return "a connected Unix SOCK_SEQPACKET socket";
  }
  return "";
}

bool IsInternet(int fd, int type, int listening) {
  return sd_is_socket(fd, AF_INET, type, listening) > 0 ||
         sd_is_socket(fd, AF_INET6, type, listening) > 0;
}

bool IsOfKind(int fd, SocketKind kind) {
  switch (kind) {
    case SocketKind::kDatagram:
      return IsInternet(fd, SOCK_DGRAM, -1);
    case SocketKind::kStream:
      return IsInternet(fd, SOCK_STREAM, 1);
    case SocketKind::kControlSocket:
      return sd_is_socket(fd, AF_UNIX, SOCK_SEQPACKET, 1) > 0;
    case SocketKind::kConnection:
      return sd_is_socket(fd, AF_UNIX, SOCK_SEQPACKET, 0) > 0;
  }
  return false;
}

void FreeNames(char** names) {
  for (char** name = names; name != nullptr && *name != nullptr; ++name) free(*name);
  free(names);
}

}  // namespace

Result<ListenFds> ListenFds::FromEnvironment() {
  char** names = nullptr;
  int count = sd_listen_fds_with_names(/*unset_environment=*/1, &names);
  if (count < 0)
    return FailErrno("cannot take the sockets of LISTEN_FDS and LISTEN_FDNAMES", -count);
  std::vector<Named> sockets;

  for (int i = 0; i < count; ++i) {
    UniqueFd fd(SD_LISTEN_FDS_START + i);
    // The manager may hand out blocking sockets; sd_listen_fds made them CLOEXEC.
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
    sockets.push_back({names != nullptr ? names[i] : "unknown", std::move(fd)});
  }

  FreeNames(names);
  return ListenFds(std::move(sockets));
}

Result<std::vector<UniqueFd>> ListenFds::Take(std::string_view name, SocketKind kind) {
  std::vector<UniqueFd> taken;
  for (auto it = sockets_.begin(); it != sockets_.end();) {
    if (it->name != name) {
      ++it;
      continue;
    }
    if (!IsOfKind(it->fd.get(), kind))
      return Fail("the socket passed as '" + std::string(name) + "' is not " +
                  std::string(Describe(kind)));
    taken.push_back(std::move(it->fd));
    it = sockets_.erase(it);
  }

  return taken;
}

Result<UniqueFd> ListenFds::TakeOne(std::string_view name, SocketKind kind) {
  auto taken = TRY(Take(name, kind));
  if (taken.size() != 1)
    return Fail("expected one socket named '" + std::string(name) + "' (" +
                std::string(Describe(kind)) + ") in LISTEN_FDS, got " +
                std::to_string(taken.size()));
  return std::move(taken.front());
}

Result<> ListenFds::RequireAllTaken() const {
  if (sockets_.empty()) return {};
  return Fail("the socket passed as '" + sockets_.front().name + "' is of no use here");
}

}  // namespace funnel::event
