// As many requests as get answered: each socket keeps its window of requests unanswered, and sends
// a new one for each answer, many datagrams a system call.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>

#include "bench/load/latency.h"
#include "bench/load/options.h"

namespace funnel::bench {
namespace {

constexpr unsigned kBatch = 64;
constexpr Nanoseconds kLostAfter = kSecond;
constexpr Nanoseconds kWarmUp = kSecond;  // not counted

// A request: when it was sent, then filling.
class ClosedLoopLoad {
 public:
  explicit ClosedLoopLoad(const Options& options)
      : options_(options), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    request_.resize(std::max(options.request_bytes, sizeof(Nanoseconds)), 'x');
    for (std::size_t i = 0; i < options.sockets; ++i) {
      flows_.push_back({ConnectSocket(options.address, Transport::kUdp), 0, 0});
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, flows_.back().fd.get(), &event);
    }
  }

  int Run() {
    const Nanoseconds begin = NowNs() + kWarmUp;
    const Nanoseconds end = begin + static_cast<Nanoseconds>(options_.seconds * 1e9);
    // Flows start one after the other, so that a tunnel's opening is no burst.
    for (Flow& flow : flows_) {
      Fill(flow, NowNs());
      Turn(begin, 0);
    }
    Nanoseconds next_check = NowNs() + kLostAfter;
    while (NowNs() < end) {
      Turn(begin, 100);
      if (NowNs() < next_check) continue;
      next_check = NowNs() + kLostAfter / 4;
      Refill();
    }
    Print(static_cast<double>(end - begin) / 1e9);
    return 0;
  }

 private:
  struct Flow {
    UniqueFd fd;
    std::size_t unanswered = 0;
    Nanoseconds last = 0;  // when it last sent
  };

  void Turn(Nanoseconds begin, int timeout_ms) {
    std::array<epoll_event, kBatch> events;
    const int count = epoll_wait(epoll_.get(), events.data(), kBatch, timeout_ms);
    for (int i = 0; i < count; ++i) {
      Flow& flow = flows_[events[static_cast<std::size_t>(i)].data.u64];
      Receive(flow, begin);
      Fill(flow, NowNs());
    }
  }

  void Receive(Flow& flow, Nanoseconds begin) {
    std::array<mmsghdr, kBatch> headers{};
    std::array<iovec, kBatch> pieces;
    std::array<std::array<char, 2048>, kBatch>& buffers = buffers_;
    for (unsigned i = 0; i < kBatch; ++i) {
      pieces[i] = {buffers[i].data(), buffers[i].size()};
      headers[i].msg_hdr.msg_iov = &pieces[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int count = recvmmsg(flow.fd.get(), headers.data(), kBatch, MSG_DONTWAIT, nullptr);
    const Nanoseconds now = NowNs();
    for (int i = 0; i < count; ++i) {
      const auto index = static_cast<unsigned>(i);
      Nanoseconds sent = 0;
      std::memcpy(&sent, buffers[index].data(), sizeof sent);
      if (flow.unanswered > 0) --flow.unanswered;
      if (headers[index].msg_len != options_.answer_bytes) ++broken_;
      if (now >= begin) latencies_.Add(now - sent);
    }
  }

  void Fill(Flow& flow, Nanoseconds now) {
    std::memcpy(request_.data(), &now, sizeof now);
    std::array<mmsghdr, kBatch> headers{};
    iovec piece{request_.data(), request_.size()};
    const auto count =
        static_cast<unsigned>(std::min<std::size_t>(options_.window - flow.unanswered, kBatch));
    for (unsigned i = 0; i < count; ++i) {
      headers[i].msg_hdr.msg_iov = &piece;
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent = count == 0 ? 0 : sendmmsg(flow.fd.get(), headers.data(), count, MSG_DONTWAIT);
    if (sent <= 0) return;
    flow.unanswered += static_cast<std::size_t>(sent);
    flow.last = now;
  }

  // What was not answered for long enough is lost; its place is for a new request.
  void Refill() {
    const Nanoseconds now = NowNs();
    for (Flow& flow : flows_) {
      if (flow.unanswered == 0 || now - flow.last < kLostAfter) continue;
      lost_ += flow.unanswered;
      flow.unanswered = 0;
      Fill(flow, now);
    }
  }

  void Print(double seconds) {
    std::printf(R"({"answered": %zu, "requests_per_s": %.0f, "lost": %lu, "broken": %lu, %s})"
                "\n",
                latencies_.size(), static_cast<double>(latencies_.size()) / seconds, lost_, broken_,
                latencies_.Json().c_str());
  }

  const Options& options_;
  UniqueFd epoll_;
  std::vector<char> request_;
  std::vector<Flow> flows_;
  std::array<std::array<char, 2048>, kBatch> buffers_;
  Latencies latencies_;
  std::uint64_t lost_ = 0, broken_ = 0;
};

}  // namespace

int ClosedLoop(const Options& options) {
  if (options.transport != Transport::kUdp) Die("closed is for udp");
  return std::make_unique<ClosedLoopLoad>(options)->Run();
}

}  // namespace funnel::bench
