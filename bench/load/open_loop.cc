// Requests at a fixed rate over sockets in turn. Nothing is sent again. Latency counts from the
// time a request was due, so that a stall is charged to every request it delays.
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "bench/load/latency.h"
#include "bench/load/message_stream.h"
#include "bench/load/options.h"

namespace funnel::bench {
namespace {

constexpr std::uint64_t kWarmUpNumber = UINT64_MAX;
constexpr int kWarmUpAttempts = 10;
constexpr Nanoseconds kSettle = kSecond / 2;
constexpr Nanoseconds kLead = kSecond / 100;
constexpr int kReadsATurn = 64;

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options),
        total_(static_cast<std::uint64_t>(options.rate * options.seconds)),
        answered_(total_) {
    for (std::size_t i = 0; i < options.sockets; ++i) {
      UniqueFd fd = ConnectSocket(options.address, options.transport);
      fds_.push_back({fd.get(), POLLIN, 0});
      streams_.emplace_back(std::move(fd));
    }
  }

  int Run() {
    if (!WarmUp()) {
      std::fprintf(stderr, "rr: no answer\n");
      return 1;
    }

    for (const Nanoseconds until = NowNs() + kSettle; NowNs() < until;) Poll(until);

    start_ = NowNs() + kLead;
    while (sent_ < total_) {
      Poll(Due(sent_));
      for (; sent_ < total_ && Due(sent_) <= NowNs(); ++sent_)
        if (options_.fresh_ports)
          TransmitFresh(sent_);
        else
          Transmit(sent_, sent_ % streams_.size());
    }

    const Nanoseconds until = NowNs() + static_cast<Nanoseconds>(options_.wait_seconds * 1e9);
    while (latencies_.size() < total_ && NowNs() < until) Poll(until);
    Print();
    return 0;
  }

 private:
  [[nodiscard]] Nanoseconds Due(std::uint64_t n) const {
    return start_ + static_cast<Nanoseconds>(static_cast<double>(n) * 1e9 / options_.rate);
  }

  // One exchange a socket first, so that all that opens on demand is open.
  bool WarmUp() {
    for (int attempt = 0; attempt < kWarmUpAttempts && warm_ < streams_.size(); ++attempt) {
      const bool again = attempt == 0 || options_.transport == Transport::kUdp;
      for (std::size_t i = 0; again && i < streams_.size(); ++i) Transmit(kWarmUpNumber, i);
      for (const Nanoseconds until = NowNs() + kSecond; warm_ < streams_.size() && NowNs() < until;)
        Poll(until);
    }
    return warm_ > 0;
  }

  void Transmit(std::uint64_t n, std::size_t socket) {
    const std::string body = MakeRequest(options_.exchange, n, options_.request_bytes);
    if (options_.transport == Transport::kTcp) {
      streams_[socket].Put(body);
      if (!streams_[socket].Flush()) Die("a connection ended");
    } else if (send(fds_[socket].fd, body.data(), body.size(), MSG_DONTWAIT) < 0) {
      ++refused_;
    }
  }

  // From a port that was not used before. The socket is there until the answer has come.
  void TransmitFresh(std::uint64_t n) {
    UniqueFd fd = ConnectSocket(options_.address, Transport::kUdp);
    fds_.push_back({fd.get(), POLLIN, 0});
    streams_.emplace_back(std::move(fd));
    Transmit(n, streams_.size() - 1);
  }

  void Forget(std::size_t socket) {
    std::swap(fds_[socket], fds_.back());
    fds_.pop_back();
    std::swap(streams_[socket], streams_.back());
    streams_.pop_back();
  }

  void Take(std::string_view answer) {
    const auto number = NumberOf(options_.exchange, answer, options_.answer_bytes);
    if (!number) return void(++broken_);
    if (start_ == 0 || *number == kWarmUpNumber) return void(++warm_);
    const std::uint64_t n = options_.exchange == Exchange::kDns ? LatestOf(*number) : *number;
    if (n >= sent_) return void(++broken_);
    if (answered_[n]) return void(++duplicates_);
    answered_[n] = true;
    const Nanoseconds now = NowNs();
    latencies_.Add(now - Due(n));
    longest_gap_ = std::max(longest_gap_, now - std::max(last_answer_, start_));
    last_answer_ = now;
  }

  // The last request with these 16 bits: 65,536 requests take far longer than any answer.
  [[nodiscard]] std::uint64_t LatestOf(std::uint64_t low_bits) const {
    const std::uint64_t last = sent_ - 1;
    return last - ((last - low_bits) & 0xffff);
  }

  void Poll(Nanoseconds until) {
    for (std::size_t i = 0; i < fds_.size(); ++i)
      fds_[i].events = static_cast<short>(POLLIN | (streams_[i].wants_write() ? POLLOUT : 0));
    WaitFor(fds_, until);
    for (std::size_t i = 0; i < fds_.size(); ++i) {
      if (fds_[i].revents == 0) continue;
      if (options_.transport == Transport::kTcp) {
        auto take = [this](std::string_view body) { Take(body); };
        if (!streams_[i].Flush() || !streams_[i].Receive(take)) Die("a connection ended");
        continue;
      }
      TakeDatagrams(fds_[i].fd);
      // The first one is that of the warm-up.
      if (options_.fresh_ports && start_ != 0 && i > 0) Forget(i--);
    }
  }

  void TakeDatagrams(int fd) {
    char buffer[65536];
    for (int k = 0; k < kReadsATurn; ++k) {
      const ssize_t size = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
      if (size < 0) return;
      Take({buffer, static_cast<std::size_t>(size)});
    }
  }

  void Print() {
    // To the end, if no answer came any more.
    longest_gap_ = std::max(longest_gap_, Due(total_ - 1) - std::max(last_answer_, start_));
    std::printf(
        R"({"sent": %lu, "answered": %zu, "unanswered": %zu, "late_1s": %zu, "duplicates": %lu, )"
        R"("broken": %lu, "refused": %lu, "longest_gap_ms": %.1f, %s})"
        "\n",
        sent_, latencies_.size(), total_ - latencies_.size(), latencies_.CountAbove(kSecond),
        duplicates_, broken_, refused_, static_cast<double>(longest_gap_) / 1e6,
        latencies_.Json().c_str());
  }

  const Options& options_;
  const std::uint64_t total_;
  std::vector<bool> answered_;
  std::vector<MessageStream> streams_;  // UDP: only their descriptors
  std::vector<pollfd> fds_;
  Latencies latencies_;
  Nanoseconds last_answer_ = 0, longest_gap_ = 0;  // between answers
  std::uint64_t sent_ = 0, duplicates_ = 0, refused_ = 0, broken_ = 0;
  std::size_t warm_ = 0;
  Nanoseconds start_ = 0;
};

}  // namespace

int OpenLoop(const Options& options) { return Load(options).Run(); }

}  // namespace funnel::bench
