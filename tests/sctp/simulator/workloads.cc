#include "tests/sctp/simulator/workloads.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sctp::testing {

Bulk::Bulk(Simulation& simulation, StreamId stream, std::size_t message_bytes)
    : simulation_(simulation), stream_(stream), message_bytes_(message_bytes) {}

void Bulk::Start() {
  running_ = true;
  simulation_.a.on_writable = [this] { Refill(); };
  Refill();
  simulation_.Pump();
}

void Bulk::Refill() {
  Bytes message(message_bytes_);
  while (running_) {
    funnel::StoreBigEndian<8>(message.data(), sent_);
    if (simulation_.a.Send(stream_, message) != SendStatus::kSent) return;
    ++sent_;
  }
}

void Bulk::OnMessage(MutableByteView message) {
  ASSERT_EQ(message.size(), message_bytes_);
  ASSERT_EQ(funnel::LoadBigEndian<8>(message.data()), received_);
  ++received_;
}

void Requests::Start(std::uint64_t count) {
  left_ = count;
  due_ = simulation_.now;
  SendNext();
}

void Requests::SendNext() {
  if (left_ == 0) return;
  --left_;
  Bytes message(settings_.request_bytes);
  funnel::StoreBigEndian<8>(message.data(), due_times_.size());
  due_times_.push_back(due_);
  const SendStatus status =
      simulation_.a.Send(settings_.stream, message, {.unordered = true, .copy = settings_.copies});
  if (status == SendStatus::kSent)
    ++sent_;
  else
    ++refused_;
  due_ +=
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / settings_.per_second));
  simulation_.At(due_, [this] { SendNext(); });
}

void Requests::OnRequest(MutableByteView message) {
  Bytes answer(settings_.answer_bytes);
  std::copy_n(message.begin(), 8, answer.begin());
  (void)simulation_.b.Send(settings_.stream, answer, {.unordered = true, .copy = settings_.copies});
}

void Requests::OnAnswer(MutableByteView message) {
  const std::uint64_t number = funnel::LoadBigEndian<8>(message.data());
  const Duration took = simulation_.now - due_times_.at(number);
  const bool first =
      latencies_.emplace(number, std::chrono::duration<double, std::milli>(took).count()).second;
  ASSERT_TRUE(first);
}

double Requests::Percentile(double part) {
  std::vector<double> sorted;
  for (const auto& [number, latency] : latencies_) sorted.push_back(latency);
  if (sorted.empty()) return 0;
  std::sort(sorted.begin(), sorted.end());
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(part * static_cast<double>(sorted.size())))];
}

}  // namespace sctp::testing
