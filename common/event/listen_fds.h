// The sockets that the service manager holds for this daemon ($LISTEN_FDS, $LISTEN_FDNAMES; see
// sd_listen_fds(3)). Each is taken by name and kind; a socket that nobody takes is a mistake.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/unique_fd.h"

namespace funnel::event {

enum class SocketKind {
  kDatagram,       // IPv4 or IPv6, UDP
  kStream,         // IPv4 or IPv6, TCP, listening
  kControlSocket,  // Unix, SOCK_SEQPACKET, listening
  kConnection,     // Unix, SOCK_SEQPACKET, one that was accepted (Accept=yes)
};

class ListenFds {
 public:
  // Owns all sockets that were passed, CLOEXEC and non-blocking, and clears the environment. It is
  // empty if none was passed. Call it once, as the first thing in main.
  [[nodiscard]] static Result<ListenFds> FromEnvironment();
  // For tests.
  struct Named {
    std::string name;
    UniqueFd fd;
  };
  explicit ListenFds(std::vector<Named> sockets) : sockets_(std::move(sockets)) {}

  // All sockets called NAME, which must be of KIND; empty where there is none of that name.
  [[nodiscard]] Result<std::vector<UniqueFd>> Take(std::string_view name, SocketKind kind);
  // Takes exactly one.
  [[nodiscard]] Result<UniqueFd> TakeOne(std::string_view name, SocketKind kind);
  // An error that names what is left, if anything is.
  [[nodiscard]] Result<> RequireAllTaken() const;

 private:
  std::vector<Named> sockets_;
};

}  // namespace funnel::event
