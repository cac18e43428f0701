// As many requests as get answered: each socket keeps its window of requests unanswered, and sends
// a new one for each answer, many datagrams a system call.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

#include "bench/load/latency.h"
#include "bench/load/options.h"
#include "bench/load/sockets.h"

namespace funnel::bench {
namespace {

constexpr std::size_t kLargestAnswer = 2048;
constexpr Nanoseconds kLostAfter = kSecond;
constexpr Nanoseconds kWarmUp = kSecond;  // not counted
constexpr int kTurnMs = 100;

// Many datagrams a system call.
struct Batch {
  std::array<std::array<char, kLargestAnswer>, kBatch> buffers;
  std::array<iovec, kBatch> pieces;
  std::array<mmsghdr, kBatch> headers{};

  Batch() {
    for (unsigned i = 0; i < kBatch; ++i) {
      headers[i].msg_hdr.msg_iov = &pieces[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
  }
};

class ClosedLoopLoad {
 public:
  explicit ClosedLoopLoad(const Options& options)
      : options_(options), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < options.sockets; ++i) {
      flows_.push_back({ConnectSocket(options.address, Transport::kUdp), {}, {}});
      flows_.back().sent_at.resize(options.window);
      for (std::size_t slot = 0; slot < options.window; ++slot) flows_.back().free.push_back(slot);
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, flows_.back().fd.get(), &event);
    }
  }

  int Run() {
    begin_ = NowNs() + kWarmUp;
    const Nanoseconds end = begin_ + static_cast<Nanoseconds>(options_.seconds * 1e9);
    // Flows start one after the other, so that a tunnel's opening is no burst.
    for (Flow& flow : flows_) {
      Fill(flow);
      Turn(0);
    }

    Nanoseconds next_check = NowNs() + kLostAfter;
    while (NowNs() < end) {
      Turn(kTurnMs);
      if (NowNs() < next_check) continue;
      next_check = NowNs() + kLostAfter / 4;
      GiveUpLost();
    }

    Print(static_cast<double>(end - begin_) / 1e9);
    return 0;
  }

 private:
  struct Flow {
    UniqueFd fd;
    std::vector<Nanoseconds> sent_at;  // by slot; 0: free. A request's number is its slot
    std::vector<std::size_t> free;
  };

  void Turn(int timeout_ms) {
    std::array<epoll_event, kBatch> events;
    const int count = epoll_wait(epoll_.get(), events.data(), kBatch, timeout_ms);
    for (int i = 0; i < count; ++i) {
      Flow& flow = flows_[events[static_cast<std::size_t>(i)].data.u64];
      Receive(flow);
      Fill(flow);
    }
  }

  void Receive(Flow& flow) {
    for (unsigned i = 0; i < kBatch; ++i) in_.pieces[i] = {in_.buffers[i].data(), kLargestAnswer};
    const int count = recvmmsg(flow.fd.get(), in_.headers.data(), kBatch, MSG_DONTWAIT, nullptr);
    const Nanoseconds now = NowNs();
    for (unsigned i = 0; static_cast<int>(i) < count; ++i)
      Take(flow, {in_.buffers[i].data(), in_.headers[i].msg_len}, now);
  }

  void Take(Flow& flow, std::string_view answer, Nanoseconds now) {
    const auto slot = NumberOf(options_.exchange, answer, options_.answer_bytes);
    if (!slot || *slot >= flow.sent_at.size()) return void(++broken_);
    const Nanoseconds sent = std::exchange(flow.sent_at[*slot], 0);
    if (sent == 0) return void(++late_);
    flow.free.push_back(*slot);
    if (now >= begin_) latencies_.Add(now - sent);
  }

  void Fill(Flow& flow) {
    const auto count = static_cast<unsigned>(std::min<std::size_t>(flow.free.size(), kBatch));
    if (count == 0) return;
    const Nanoseconds now = NowNs();
    std::array<std::string, kBatch> requests;
    for (unsigned i = 0; i < count; ++i) {
      const std::size_t slot = flow.free[flow.free.size() - 1 - i];
      requests[i] = MakeRequest(options_.exchange, slot, options_.request_bytes);
      out_.pieces[i] = {requests[i].data(), requests[i].size()};
    }
    const int sent = sendmmsg(flow.fd.get(), out_.headers.data(), count, MSG_DONTWAIT);
    for (int i = 0; i < sent; ++i) {
      flow.sent_at[flow.free.back()] = now;
      flow.free.pop_back();
    }
  }

  // What was not answered for long enough is lost; its slot is for a new request.
  void GiveUpLost() {
    const Nanoseconds limit = NowNs() - kLostAfter;
    for (Flow& flow : flows_) {
      for (std::size_t slot = 0; slot < flow.sent_at.size(); ++slot) {
        if (flow.sent_at[slot] == 0 || flow.sent_at[slot] > limit) continue;
        ++lost_;
        flow.sent_at[slot] = 0;
        flow.free.push_back(slot);
      }
      Fill(flow);
    }
  }

  void Print(double seconds) {
    std::printf(
        R"({"answered": %zu, "requests_per_s": %.0f, "lost": %lu, "late": %lu, "broken": %lu, %s})"
        "\n",
        latencies_.size(), static_cast<double>(latencies_.size()) / seconds, lost_, late_, broken_,
        latencies_.Json().c_str());
  }

  const Options& options_;
  UniqueFd epoll_;
  std::vector<Flow> flows_;
  Batch in_, out_;
  Latencies latencies_;
  Nanoseconds begin_ = 0;
  std::uint64_t lost_ = 0, late_ = 0, broken_ = 0;
};

}  // namespace

int ClosedLoop(const Options& options) {
  if (options.transport != Transport::kUdp) Die("closed is for udp");
  return std::make_unique<ClosedLoopLoad>(options)->Run();
}

}  // namespace funnel::bench
