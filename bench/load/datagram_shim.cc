// datagram-shim: datagrams over a TCP connection, two bytes of length before each: what people put
// around stunnel and ssh -L for services over UDP.
//
//   datagram-shim listen  UDP-ADDRESS PORT TCP-ADDRESS PORT   a connection for each client
//   datagram-shim forward TCP-ADDRESS PORT UDP-ADDRESS PORT   a socket for each connection
//
// It never waits for TCP: a datagram that finds more than kQueuedMost bytes waiting is lost, as a
// full queue of UDP would lose it.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cstdio>
#include <list>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bench/load/message_stream.h"
#include "bench/load/sockets.h"

namespace funnel::bench {
namespace {

constexpr std::size_t kQueuedMost = 256 * 1024;

// One connection, and where its datagrams come from and go to.
struct Flow {
  MessageStream stream;
  UniqueFd own;          // forwarding: connected to the backend
  int datagrams = -1;    // `own`, or the listening socket
  SocketAddress client;  // listening: where answers go

  void Take(std::string_view datagram) {
    if (stream.queued_bytes() <= kQueuedMost) stream.Put(datagram);
  }
  void Give(std::string_view datagram) const {
    const bool connected = client.family() == AF_UNSPEC;
    (void)sendto(datagrams, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                 connected ? nullptr : client.data(), connected ? 0 : client.size());
  }
};

class Shim {
 public:
  Shim(bool listens, const SocketAddress& near, SocketAddress far)
      : listens_(listens),
        near_(BindSocket(near, listens ? Transport::kUdp : Transport::kTcp)),
        far_(far) {}

  [[noreturn]] void Run() {
    for (;;) {
      std::vector<pollfd> fds{{near_.get(), POLLIN, 0}};
      for (const Flow& flow : flows_) {
        const short wanted = flow.stream.wants_write() ? POLLIN | POLLOUT : POLLIN;
        fds.push_back({flow.stream.fd(), wanted, 0});
        fds.push_back({listens_ ? -1 : flow.datagrams, POLLIN, 0});
      }
      WaitFor(fds, NowNs() + kSecond);

      // Flows that come meanwhile stand behind those that were asked for.
      std::size_t at = 1;
      for (auto flow = flows_.begin(); at < fds.size(); at += 2) {
        const bool alive = Serve(*flow, fds[at].revents != 0, fds[at + 1].revents != 0);
        flow = alive ? std::next(flow) : Remove(flow);
      }
      if (fds[0].revents != 0) listens_ ? FromClients() : Accept();
    }
  }

 private:
  // False: the connection has ended.
  bool Serve(Flow& flow, bool stream_ready, bool datagrams_ready) {
    if (datagrams_ready) {
      for (;;) {
        const ssize_t size = recv(flow.datagrams, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (size < 0) break;
        flow.Take({buffer_.data(), static_cast<std::size_t>(size)});
      }
    }
    return flow.stream.Flush() &&
           (!stream_ready || flow.stream.Receive([&](std::string_view body) { flow.Give(body); }));
  }

  std::list<Flow>::iterator Remove(std::list<Flow>::iterator flow) {
    by_client_.erase(flow->client);
    return flows_.erase(flow);
  }

  void FromClients() {
    for (;;) {
      sockaddr_storage from{};
      socklen_t length = sizeof from;
      auto* const generic = reinterpret_cast<sockaddr*>(&from);
      const ssize_t size =
          recvfrom(near_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT, generic, &length);
      if (size < 0) return;

      const auto client = SocketAddress::FromSockaddr(generic, length);
      if (!client) continue;
      Flow*& flow = by_client_[*client];
      if (flow == nullptr) {
        flow = &flows_.emplace_back(MessageStream(ConnectSocket(far_, Transport::kTcp)), UniqueFd(),
                                    near_.get(), *client);
      }
      flow->Take({buffer_.data(), static_cast<std::size_t>(size)});
      (void)flow->stream.Flush();  // a broken one is found when it is read
    }
  }

  void Accept() {
    UniqueFd fd(accept4(near_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) return;
    UniqueFd own = ConnectSocket(far_, Transport::kUdp);
    const int datagrams = own.get();
    flows_.emplace_back(MessageStream(std::move(fd)), std::move(own), datagrams, SocketAddress());
  }

  const bool listens_;
  const UniqueFd near_;
  const SocketAddress far_;
  std::vector<char> buffer_ = std::vector<char>(65536);
  std::list<Flow> flows_;
  std::unordered_map<SocketAddress, Flow*> by_client_;
};

int Main(int argc, char** argv) {
  const std::string_view mode = argc == 6 ? argv[1] : "";
  if (mode != "listen" && mode != "forward") {
    std::fprintf(stderr, "usage: datagram-shim listen|forward ADDRESS PORT ADDRESS PORT\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1);
  Shim(mode == "listen", ParseAddress(argv[2], argv[3]), ParseAddress(argv[4], argv[5])).Run();
}

}  // namespace
}  // namespace funnel::bench

int main(int argc, char** argv) { return funnel::bench::Main(argc, argv); }
