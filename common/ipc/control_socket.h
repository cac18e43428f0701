// A connected SOCK_SEQPACKET Unix socket that carries one message a packet, with at most one
// descriptor. Non-blocking by call (MSG_DONTWAIT): the far end may clear O_NONBLOCK.
//
// ControlSocket does no waiting; ControlConnection (control_connection.h) puts it on a loop.
#pragma once

#include <cerrno>
#include <deque>
#include <optional>
#include <string>

#include "common/base/error.h"
#include "common/base/foreign_fd.h"
#include "common/base/secret.h"
#include "common/base/unique_fd.h"

namespace funnel::ipc {

// One packet as it came. The descriptor is owned before anything was looked at; if more than one
// came, all were let go and `too_many_fds` says so.
struct ReceivedPacket {
  Secret packet;
  ForeignFd fd;
  bool too_many_fds = false;
};

// The code of the error by which Receive() says that the peer closed the connection, as it may.
inline constexpr int kClosedByPeer = EPIPE;

class ControlSocket {
 public:
  // Packets that may wait for a slow reader.
  struct Limits {
    std::size_t packets = 1024;
    std::size_t bytes = 4 * 1024 * 1024;
  };

  explicit ControlSocket(ForeignFd fd) : ControlSocket(std::move(fd), Limits{}) {}
  ControlSocket(ForeignFd fd, Limits limits) : fd_(std::move(fd)), limits_(limits) {}
  ControlSocket(ControlSocket&&) = default;
  ControlSocket& operator=(ControlSocket&&) = default;
  // The other side sees the end at once, whenever the socket itself is closed.
  ~ControlSocket();

  // Connects to a daemon's listening socket; does not wait: a full backlog is an error (EAGAIN).
  [[nodiscard]] static Result<ControlSocket> Connect(const std::string& path);
  // Takes one connection of a listening socket; nullopt when none waits.
  [[nodiscard]] static Result<std::optional<ForeignFd>> AcceptOne(int listening_fd);

  // nullopt: nothing there. An error: the connection is over (code kClosedByPeer: in good order).
  [[nodiscard]] Result<std::optional<ReceivedPacket>> Receive();

  // Sends at once or queues. An error: the connection is broken or the queue is full; give it up.
  [[nodiscard]] Result<> Send(Secret packet, UniqueFd fd = {});
  // Sends what waits.
  [[nodiscard]] Result<> Flush();
  [[nodiscard]] bool wants_write() const { return !queue_.empty(); }
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  struct Waiting {
    Secret packet;
    UniqueFd fd;
  };
  // False: the socket is full.
  [[nodiscard]] Result<bool> SendNow(ByteView packet, int fd);

  ForeignFd fd_;
  Limits limits_;
  std::deque<Waiting> queue_;
  std::size_t queued_bytes_ = 0;
};

}  // namespace funnel::ipc
