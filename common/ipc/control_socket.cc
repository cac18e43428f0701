#include "common/ipc/control_socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>

#include "common/base/receive_message.h"
#include "common/base/socket.h"
#include "common/ipc/codec.h"

namespace funnel::ipc {
ControlSocket::~ControlSocket() {
  if (fd_) ::shutdown(fd_.get(), SHUT_RDWR);
}

Result<ControlSocket> ControlSocket::Connect(const std::string& path) {
  const sockaddr_un address = TRY(UnixAddress(path));
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return FailErrno("cannot make a socket");
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    return FailErrno("cannot connect to " + path);
  return ControlSocket(std::move(fd));
}

Result<std::optional<ForeignFd>> ControlSocket::AcceptOne(int listening_fd) {
  UniqueFd fd(::accept4(listening_fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (fd) return std::optional<ForeignFd>(std::move(fd));
  if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return std::optional<ForeignFd>();
  return FailErrno("cannot accept a connection");
}

Result<std::optional<ReceivedPacket>> ControlSocket::Receive() {
  // One buffer for all sockets of the thread. Where a packet was, it is wiped, because that may be
  // a key.
  static thread_local Bytes buffer(kMaxPacketSize);
  ReceivedMessage message = ReceiveMessage(fd_.get(), buffer);

  // The far end went without reading all that we sent; what it sent before can still be read.
  if (message.size < 0 && errno == ECONNRESET) message = ReceiveMessage(fd_.get(), buffer);
  if (message.size < 0) {
    if (errno == EAGAIN || errno == EINTR) return std::optional<ReceivedPacket>();
    return FailErrno("cannot receive");
  }

  // None of our messages is empty, so this is the end (an empty packet looks the same).
  if (message.size == 0) return Fail("the peer closed the connection", kClosedByPeer);
  ReceivedPacket received;
  ByteView packet(buffer.data(), static_cast<std::size_t>(message.size));
  received.packet = Secret(packet);
  explicit_bzero(buffer.data(), packet.size());
  if (message.cut_short) return Fail("a message that is too large");
  received.too_many_fds = message.fds.size() > 1 || message.lost_fds;
  if (message.fds.size() == 1 && !received.too_many_fds) received.fd = std::move(message.fds[0]);
  return std::optional<ReceivedPacket>(std::move(received));
}

Result<> ControlSocket::Send(Secret packet, UniqueFd fd) {
  if (packet.size() > kMaxPacketSize) return Fail("a message that is too large to send");
  if (queue_.empty() && TRY(SendNow(packet.view(), fd.get()))) return {};
  if (queue_.size() >= limits_.packets || queued_bytes_ + packet.size() > limits_.bytes)
    return Fail("too many messages wait for the other side");
  queued_bytes_ += packet.size();
  queue_.push_back({std::move(packet), std::move(fd)});
  return {};
}

Result<> ControlSocket::Flush() {
  while (!queue_.empty()) {
    Waiting& next = queue_.front();
    if (!TRY(SendNow(next.packet.view(), next.fd.get()))) return {};
    queued_bytes_ -= next.packet.size();
    queue_.pop_front();
  }
  return {};
}

Result<bool> ControlSocket::SendNow(ByteView packet, int fd) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  iovec piece{const_cast<std::uint8_t*>(packet.data()), packet.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;

  if (fd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(c), &fd, sizeof fd);
  }

  for (;;) {
    if (::sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
    if (errno == EINTR) continue;
    // ETOOMANYREFS: too many of our descriptors are on their way; they will arrive.
    if (errno == EAGAIN || errno == ETOOMANYREFS) return false;
    return FailErrno("cannot send");
  }
}

}  // namespace funnel::ipc
