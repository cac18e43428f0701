// The answering side of rr: the first 8 bytes of each request come back, filled up to the size of
// an answer, at once or after some time to think.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <string>

#include "bench/load/message_stream.h"
#include "bench/load/options.h"
#include "bench/load/sockets.h"

namespace funnel::bench {
namespace {

constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kLargestDatagram = 65507;

// Many datagrams a system call; their answers leave from the buffers that they came in.
class DatagramBatch {
 public:
  DatagramBatch() {
    for (unsigned i = 0; i < kBatch; ++i) {
      buffers_[i].resize(kLargestDatagram, 'y');
      pieces_[i].iov_base = buffers_[i].data();
      headers_[i].msg_hdr = {};
      headers_[i].msg_hdr.msg_iov = &pieces_[i];
      headers_[i].msg_hdr.msg_iovlen = 1;
      headers_[i].msg_hdr.msg_name = &from_[i];
    }
  }
  // How many datagrams came.
  unsigned Receive(int fd) {
    for (unsigned i = 0; i < kBatch; ++i) {
      pieces_[i].iov_len = kLargestDatagram;
      headers_[i].msg_hdr.msg_namelen = sizeof from_[i];
    }
    const int count = recvmmsg(fd, headers_.data(), kBatch, MSG_DONTWAIT, nullptr);
    return count < 0 ? 0 : static_cast<unsigned>(count);
  }
  void Answer(int fd, unsigned count, std::size_t answer_bytes) {
    for (unsigned i = 0; i < count; ++i) pieces_[i].iov_len = answer_bytes;
    for (unsigned sent = 0; sent < count;) {
      const int size = sendmmsg(fd, headers_.data() + sent, count - sent, 0);
      if (size <= 0) return;
      sent += static_cast<unsigned>(size);
    }
  }
  [[nodiscard]] std::string_view datagram(unsigned i) const {
    return {buffers_[i].data(), headers_[i].msg_len};
  }
  [[nodiscard]] SocketAddress sender(unsigned i) const {
    return *SocketAddress::FromSockaddr(reinterpret_cast<const sockaddr*>(&from_[i]),
                                        headers_[i].msg_hdr.msg_namelen);
  }

 private:
  std::array<std::vector<char>, kBatch> buffers_;
  std::array<sockaddr_storage, kBatch> from_{};
  std::array<iovec, kBatch> pieces_{};
  std::array<mmsghdr, kBatch> headers_{};
};

[[noreturn]] void ServeAtOnce(const Options& options, int fd) {
  auto batch = std::make_unique<DatagramBatch>();
  std::vector<pollfd> fds{{fd, POLLIN, 0}};
  for (;;) {
    WaitFor(fds, NowNs() + kSecond);
    while (const unsigned count = batch->Receive(fd))
      batch->Answer(fd, count, options.answer_bytes);
  }
}

// Answers wait here until they are due; later requests overtake.
class Thinker {
 public:
  explicit Thinker(const Options& options)
      : options_(options),
        main_(BindSocket(options.address, options.transport)),
        think_(options.think_min_ms * 1e6,
               std::max(options.think_min_ms, options.think_max_ms) * 1e6 + 1) {}

  [[noreturn]] void Run() {
    auto batch = std::make_unique<DatagramBatch>();
    std::vector<pollfd> fds;
    for (;;) {
      fds.assign(1, {main_.get(), POLLIN, 0});
      for (auto& [fd, stream] : streams_)
        fds.push_back({fd, static_cast<short>(POLLIN | (stream.wants_write() ? POLLOUT : 0)), 0});
      WaitFor(fds, pending_.empty() ? NowNs() + kSecond : pending_.top().due);
      for (std::size_t i = 1; i < fds.size(); ++i) {
        if (fds[i].revents != 0) OnStream(fds[i].fd);
      }
      if (fds[0].revents != 0) OnMain(*batch);
      AnswerDue();
    }
  }

 private:
  struct Pending {
    Nanoseconds due = 0;
    int fd = -1;
    SocketAddress to;
    std::string id;
    bool operator<(const Pending& other) const { return due > other.due; }
  };

  void Ask(int fd, const SocketAddress& from, std::string_view request) {
    if (request.size() < kIdBytes) return;
    pending_.push({NowNs() + static_cast<Nanoseconds>(think_(random_)), fd, from,
                   std::string(request.substr(0, kIdBytes))});
  }
  void OnStream(int fd) {
    const auto stream = streams_.find(fd);
    const bool alive = stream->second.Flush() &&
                       stream->second.Receive([&](std::string_view body) { Ask(fd, {}, body); });
    if (!alive) streams_.erase(stream);
  }
  void OnMain(DatagramBatch& batch) {
    if (options_.transport == Transport::kTcp) {
      UniqueFd fd(accept4(main_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      const int key = fd.get();
      if (fd) streams_.emplace(key, MessageStream(std::move(fd)));
      return;
    }
    const unsigned count = batch.Receive(main_.get());
    for (unsigned i = 0; i < count; ++i) Ask(main_.get(), batch.sender(i), batch.datagram(i));
  }
  void AnswerDue() {
    for (const Nanoseconds now = NowNs(); !pending_.empty() && pending_.top().due <= now;) {
      const Pending next = pending_.top();
      pending_.pop();
      const std::string answer = next.id + std::string(options_.answer_bytes - kIdBytes, 'y');
      if (options_.transport == Transport::kUdp) {
        (void)sendto(main_.get(), answer.data(), answer.size(), 0, next.to.data(), next.to.size());
      } else if (const auto stream = streams_.find(next.fd); stream != streams_.end()) {
        stream->second.Put(answer);
        (void)stream->second.Flush();  // a broken one is found when it is read
      }
    }
  }

  const Options& options_;
  UniqueFd main_;
  std::mt19937 random_{1};
  std::uniform_real_distribution<double> think_;
  std::priority_queue<Pending> pending_;
  std::map<int, MessageStream> streams_;
};

}  // namespace

void Serve(const Options& options) {
  if (options.transport == Transport::kUdp && options.think_max_ms <= 0) {
    const UniqueFd fd = BindSocket(options.address, options.transport);
    ServeAtOnce(options, fd.get());
  }
  Thinker(options).Run();
}

}  // namespace funnel::bench
