#include "funnel-udpd/backend_flow.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

namespace funnel::udpd {

BackendFlow::BackendFlow(Parts& parts, SendBatch& out, User& user, std::string who)
    : parts_(parts), out_(out), user_(user), who_(std::move(who)) {}

BackendFlow::~BackendFlow() {
  // The batch names our descriptor, whose number would be somebody else's soon.
  if (fd_) out_.Flush();
}

Result<> BackendFlow::Connect(const SocketAddress& backend) {
  UniqueFd fd(socket(backend.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return FailErrno("socket");
  if (connect(fd.get(), backend.data(), backend.size()) < 0)
    return FailErrno("connect to " + backend.text());
  registration_ = TRY(parts_.sockets.Add(fd.get(), EPOLLIN, *this));
  fd_ = std::move(fd);
  for (const Bytes& datagram : early_) Send(datagram);
  early_ = {};
  return {};
}

void BackendFlow::Send(ByteView datagram) {
  if (fd_) return out_.Add(fd_.get(), {}, {}, datagram);
  if (early_.size() >= kMaxEarly) {
    early_.erase(early_.begin());
    parts_.Count(kWaitingDropped);
  }
  early_.emplace_back(datagram.begin(), datagram.end());
}

void BackendFlow::OnReady(std::uint32_t) {
  for (int round = 0; round < kBatches; ++round) {
    const Result<int> got = parts_.batch.Receive(fd_.get());
    if (!got) {
      // An ICMP error of something we sent. The flow goes on: the backend may be back in a moment.
      parts_.Count(got.error().code == ECONNREFUSED ? kBackendRefused : kReceiveErrors);
      return;
    }
    parts_.Count(kDatagramsIn, static_cast<std::uint64_t>(*got));
    for (int i = 0; i < *got; ++i) user_.OnBackendDatagram(*this, parts_.batch.payload(i));
    if (*got < ReceiveBatch::kDatagrams) return;
  }
}

}  // namespace funnel::udpd
