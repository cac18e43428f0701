#include "funnel-udpd/listener.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "common/base/log.h"
#include "funnel-udpd/socket_options.h"

namespace funnel::udpd {

Listener::Listener(Parts& parts, SendBatch& out, User& user, UniqueFd fd)
    : parts_(parts), out_(out), user_(user), fd_(std::move(fd)) {}

Result<> Listener::Start() {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (getsockname(fd_.get(), address, &length) < 0) return FailErrno("getsockname");
  bound_ = SocketAddress::FromSockaddr(address, length).value_or(SocketAddress());
  TRY(ReportDestination(fd_.get(), bound_.family()));
  EnlargeBuffers(fd_.get());
  registration_ = TRY(parts_.sockets.Add(fd_.get(), EPOLLIN, *this));
  return {};
}

void Listener::OnReady(std::uint32_t) {
  for (int round = 0; round < kBatches; ++round) {
    const Result<int> got = parts_.batch.Receive(fd_.get());
    if (!got) {
      parts_.Count(kReceiveErrors);
      Log(LogLevel::kWarning, "receive-failed", got.error().message,
          {{"SERVICE", parts_.service.name.text()}});
      return;
    }
    parts_.Count(kDatagramsIn, static_cast<std::uint64_t>(*got));
    for (int i = 0; i < *got; ++i) {
      SocketAddress local = parts_.batch.destination(i);
      if (local.family() == AF_UNSPEC) local = bound_;
      local.set_port(bound_.port());
      user_.OnClientDatagram(*this, parts_.batch.source(i), local, parts_.batch.payload(i));
    }
    if (*got < ReceiveBatch::kDatagrams) return;
  }
}

void Listener::Answer(const SocketAddress& client, const SocketAddress& local, ByteView datagram) {
  out_.Add(fd_.get(), client, local, datagram);
}

}  // namespace funnel::udpd
