#include "funnel-udpd/listener.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstring>

#include "common/base/log.h"
#include "funnel-udpd/socket_options.h"

namespace funnel::udpd {
namespace {

// No group can send: what was sent to one is answered from the address that the kernel chooses of
// the interface where it came.
SocketAddress SourceFor(const SocketAddress& local) {
  if (local.family() != AF_INET6) return local;
  sockaddr_in6 address{};
  std::memcpy(&address, local.data(), sizeof address);
  if (!IN6_IS_ADDR_MULTICAST(&address.sin6_addr)) return local;
  address.sin6_addr = in6addr_any;
  return *SocketAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&address), sizeof address);
}

}  // namespace

Listener::Listener(SharedState& shared, SendBatch& out, User& user, UniqueFd fd)
    : shared_(shared), out_(out), user_(user), fd_(std::move(fd)), groups_(shared) {}

Result<> Listener::Start() {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (getsockname(fd_.get(), address, &length) < 0) return FailErrno("getsockname");
  bound_ = SocketAddress::FromSockaddr(address, length).value_or(SocketAddress());
  TRY(ReportDestination(fd_.get(), bound_.family()));
  TRY(ReportMark(fd_.get(), bound_.family()));
  TRY(OnReload());
  EnlargeBuffers(fd_.get());
  registration_ = TRY(shared_.sockets.Add(fd_.get(), EPOLLIN, *this));
  return {};
}

Result<> Listener::OnReload() {
  groups_.Configure(fd_.get(), bound_.family());
  return SetFragment(fd_.get(), bound_.family(), shared_.service.fragment);
}

void Listener::OnReady(std::uint32_t) {
  for (int round = 0; round < kBatches; ++round) {
    const Result<int> got = shared_.batch.Receive(fd_.get());
    if (!got) {
      shared_.Count(kReceiveErrors);
      Log(LogLevel::kWarning, "receive-failed", got.error().message,
          {{"SERVICE", shared_.service.name.text()}});
      return;
    }

    shared_.Count(kDatagramsIn, static_cast<std::uint64_t>(*got));
    for (int i = 0; i < *got; ++i) {
      const SocketAddress client = shared_.batch.source(i);
      if (client.IsWildcard()) {
        shared_.Count(kClientsWithoutAddress);
        continue;
      }

      SocketAddress local = shared_.batch.destination(i);
      if (local.family() == AF_UNSPEC) local = bound_;
      local.set_port(bound_.port());
      user_.OnClientDatagram(*this, client, local,
                             {shared_.batch.payload(i), shared_.batch.dscp(i)});
    }

    if (*got < ReceiveBatch::kDatagrams) return;
  }
}

void Listener::Answer(const SocketAddress& client, const SocketAddress& local,
                      const service::Datagram& datagram) {
  out_.Add(fd_.get(), client, SourceFor(local), datagram.bytes, shared_.MarkFor(datagram.dscp));
}

}  // namespace funnel::udpd
