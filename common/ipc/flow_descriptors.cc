#include "common/ipc/flow_descriptors.h"

#include <sys/socket.h>

#include <cstring>

#include "common/base/receive_message.h"
#include "common/ipc/codec.h"

namespace funnel::ipc {
namespace {

bool IsUnixStream(int fd) {
  int domain = 0, type = 0;
  socklen_t size = sizeof domain;
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return false;
  size = sizeof type;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return false;
  return domain == AF_UNIX && type == SOCK_STREAM;
}

}  // namespace

Result<FlowPairs> MakeFlowPairs() {
  FlowPairs pairs;
  for (std::size_t i = 0; i < wire::kCommandParts; ++i) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
      return FailErrno("cannot make sockets");
    pairs.ours[i].reset(ends[0]);
    pairs.theirs[i].reset(ends[1]);
  }
  return pairs;
}

Result<> SendFlows(int socket, ByteView packet, const FlowFds* flows) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(wire::kCommandParts * sizeof(int))> control{};
  iovec piece{const_cast<std::uint8_t*>(packet.data()), packet.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;

  if (flows != nullptr) {
    int numbers[wire::kCommandParts];
    for (std::size_t i = 0; i < wire::kCommandParts; ++i) numbers[i] = (*flows)[i].get();
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof numbers);
    std::memcpy(CMSG_DATA(c), numbers, sizeof numbers);
  }

  if (::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return FailErrno("cannot send");
  return {};
}

Result<ReceivedFlows> ReceiveFlows(int socket) {
  ReceivedFlows out;
  out.packet.resize(kMaxPacketSize);
  ReceivedMessage message = ReceiveMessage(socket, out.packet);
  if (message.size < 0) return FailErrno("cannot receive");
  if (message.size == 0) return Fail("the other side has gone");
  if (message.cut_short) return Fail("a message that is too large");
  out.packet.resize(static_cast<std::size_t>(message.size));
  if (message.fds.empty() && !message.lost_fds) return out;
  if (message.fds.size() != wire::kCommandParts || message.lost_fds)
    return Fail("another number of descriptors than a command has flows");

  for (std::size_t i = 0; i < wire::kCommandParts; ++i) {
    if (!IsUnixStream(message.fds[i].get())) return Fail("a descriptor that is no flow");
    out.flows[i] = std::move(message.fds[i]);
  }
  out.has_flows = true;
  return out;
}

}  // namespace funnel::ipc
