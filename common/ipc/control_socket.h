// A connected SOCK_SEQPACKET Unix socket that carries one message in each packet, with at most one
// descriptor. Each call is non-blocking (MSG_DONTWAIT), because the far end may clear O_NONBLOCK.
//
// ControlSocket never waits; ControlConnection (control_connection.h) puts it on a loop.
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

// One packet as it came. Its descriptor is owned before anything is looked at; if more than one
// came, all were closed and `too_many_fds` is set.
struct ReceivedPacket {
  Secret packet;
  ForeignFd fd;
  bool too_many_fds = false;
};

// The error code by which Receive() reports that the peer closed the connection, as it may.
inline constexpr int kClosedByPeer = EPIPE;

class ControlSocket {
 public:
  // How much may wait for a slow reader.
  struct Limits {
    std::size_t packets = 1024;
    std::size_t bytes = 4 * 1024 * 1024;
  };

  explicit ControlSocket(ForeignFd fd) : ControlSocket(std::move(fd), Limits{}) {}
  ControlSocket(ForeignFd fd, Limits limits) : fd_(std::move(fd)), limits_(limits) {}
  ControlSocket(ControlSocket&&) = default;
  ControlSocket& operator=(ControlSocket&&) = default;
  // The other side sees the end at once, even if the descriptor itself is closed later.
  ~ControlSocket();

  // Connects to a daemon's listening socket without waiting: a full backlog is an error (EAGAIN).
  [[nodiscard]] static Result<ControlSocket> Connect(const std::string& path);
  // Accepts one connection of a listening socket; nullopt if none waits.
  [[nodiscard]] static Result<std::optional<ForeignFd>> AcceptOne(int listening_fd);

  // nullopt: no packet waits. An error: the connection is over (kClosedByPeer: as it should be).
  [[nodiscard]] Result<std::optional<ReceivedPacket>> Receive();

  // Sends at once or queues. An error: the connection is broken or the queue is full; give it up.
  [[nodiscard]] Result<> Send(Secret packet, UniqueFd fd = {});
  // Sends what is queued.
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
