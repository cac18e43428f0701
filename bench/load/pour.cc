// pour: bytes in bulk over TCP, checked by a sum over all of them in their order.
//
//   pour sink   ADDRESS PORT
//   pour source ADDRESS PORT [-b BYTES] [-n CONNECTIONS]
//
// source sends BYTES (in all) and shuts down writing; the sink answers each connection with the sum
// of what it got. source compares, and prints one line of JSON with what it took from the first
// byte to the last answer. Cheap on purpose: both ends share the cores with what is measured.
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string_view>
#include <vector>

#include "bench/load/sockets.h"
#include "bench/load/sum.h"
#include "common/base/bytes.h"
#include "common/base/random.h"

namespace funnel::bench {
namespace {

constexpr std::size_t kBlock = 1 << 20;
constexpr std::size_t kRead = 256 * 1024;

class Epoll {
 public:
  Epoll() : fd_(epoll_create1(EPOLL_CLOEXEC)) {}
  void Add(int fd, std::uint32_t events) {
    epoll_event event{.events = events, .data = {.fd = fd}};
    if (epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event) != 0) Die("epoll_ctl");
  }
  void Change(int fd, std::uint32_t events) {
    epoll_event event{.events = events, .data = {.fd = fd}};
    if (epoll_ctl(fd_.get(), EPOLL_CTL_MOD, fd, &event) != 0) Die("epoll_ctl");
  }
  std::vector<int> Wait() {
    std::array<epoll_event, 64> events;
    const int count = epoll_wait(fd_.get(), events.data(), events.size(), -1);
    std::vector<int> ready;
    for (int i = 0; i < count; ++i) ready.push_back(events[static_cast<std::size_t>(i)].data.fd);
    return ready;
  }

 private:
  UniqueFd fd_;
};

// --- sink

struct Received {
  UniqueFd fd;
  Sum sum;
};

// False: the connection is over.
bool Take(Received& connection, std::vector<std::uint8_t>& buffer) {
  const ssize_t size = recv(connection.fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size > 0) {
    connection.sum.Add(ByteView(buffer).first(static_cast<std::size_t>(size)));
    return true;
  }
  std::uint8_t answer[8];
  StoreBigEndian<8>(answer, connection.sum.value());
  (void)send(connection.fd.get(), answer, sizeof answer, MSG_NOSIGNAL);
  return false;
}

[[noreturn]] void Sink(const SocketAddress& address) {
  const UniqueFd listening = BindSocket(address, Transport::kTcp);
  Epoll epoll;
  epoll.Add(listening.get(), EPOLLIN);
  std::map<int, Received> connections;
  std::vector<std::uint8_t> buffer(kRead);

  for (;;) {
    for (const int fd : epoll.Wait()) {
      if (fd == listening.get()) {
        UniqueFd accepted(accept4(fd, nullptr, nullptr, SOCK_CLOEXEC));
        if (!accepted) continue;
        const int key = accepted.get();
        connections.emplace(key, Received{std::move(accepted), {}});
        epoll.Add(key, EPOLLIN);
      } else if (!Take(connections.at(fd), buffer)) {
        connections.erase(fd);
      }
    }
  }
}

// --- source

struct Sent {
  UniqueFd fd;
  std::uint64_t left = 0;
  std::size_t at = 0;  // in the block
  Sum sum;
};

class Source {
 public:
  Source(const SocketAddress& address, std::uint64_t bytes, std::size_t connections)
      : block_(kBlock) {
    FillRandom(block_);
    for (std::size_t i = 0; i < connections; ++i) {
      UniqueFd fd = ConnectSocket(address, Transport::kTcp);
      const int key = fd.get();
      epoll_.Add(key, EPOLLOUT);
      connections_.emplace(key, Sent{std::move(fd), bytes / connections, 0, {}});
      bytes_ += bytes / connections;
    }
  }

  int Run() {
    const Nanoseconds start = NowNs();
    while (!connections_.empty()) {
      for (const int fd : epoll_.Wait()) {
        Sent& connection = connections_.at(fd);
        if (connection.left > 0) {
          Give(connection);
        } else if (Compare(connection)) {
          connections_.erase(fd);
        }
      }
    }

    const double seconds = static_cast<double>(NowNs() - start) / 1e9;
    std::printf(R"({"bytes": %lu, "seconds": %.3f, "MBps": %.1f, "wrong": %d})"
                "\n",
                bytes_, seconds, static_cast<double>(bytes_) / seconds / 1e6, wrong_);
    return wrong_ == 0 ? 0 : 1;
  }

 private:
  void Give(Sent& connection) {
    const auto size = static_cast<std::size_t>(
        std::min<std::uint64_t>({connection.left, kBlock - connection.at, kRead}));
    const ssize_t sent =
        send(connection.fd.get(), &block_[connection.at], size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) Die("send");
    if (sent <= 0) return;
    const auto count = static_cast<std::size_t>(sent);
    connection.sum.Add(ByteView(block_).subspan(connection.at, count));
    connection.at = (connection.at + count) % kBlock;
    connection.left -= count;
    if (connection.left > 0) return;
    shutdown(connection.fd.get(), SHUT_WR);
    epoll_.Change(connection.fd.get(), EPOLLIN);
  }

  // True: the answer is there.
  bool Compare(Sent& connection) {
    std::uint8_t answer[8];
    const ssize_t size = recv(connection.fd.get(), answer, sizeof answer, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return false;
    if (size != sizeof answer || LoadBigEndian<8>(answer) != connection.sum.value()) ++wrong_;
    return true;
  }

  std::vector<std::uint8_t> block_;
  Epoll epoll_;
  std::map<int, Sent> connections_;
  std::uint64_t bytes_ = 0;
  int wrong_ = 0;
};

int Main(int argc, char** argv) {
  const std::string_view mode = argc < 4 ? "" : argv[1];
  std::uint64_t bytes = 256 << 20;
  std::size_t connections = 1;
  optind = 4;
  for (int option; mode == "source" && (option = getopt(argc, argv, "b:n:")) != -1;) {
    if (option == 'b') bytes = std::strtoull(optarg, nullptr, 10);
    if (option == 'n') connections = std::max<std::size_t>(1, std::strtoull(optarg, nullptr, 10));
  }
  if (mode == "sink") Sink(ParseAddress(argv[2], argv[3]));
  if (mode == "source") return Source(ParseAddress(argv[2], argv[3]), bytes, connections).Run();
  std::fprintf(stderr, "usage: pour sink|source ADDRESS PORT [-b BYTES] [-n CONNECTIONS]\n");
  return 2;
}

}  // namespace
}  // namespace funnel::bench

int main(int argc, char** argv) { return funnel::bench::Main(argc, argv); }
