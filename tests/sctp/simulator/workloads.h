// Loads for a simulation, and their results.
#pragma once

#include <map>

#include "tests/sctp/simulator/simulation.h"

namespace sctp::testing {

// Sends as much as possible from A to B, in ordered messages with their numbers; B checks that all
// come once and in order.
class Bulk {
 public:
  explicit Bulk(Simulation& simulation, StreamId stream = StreamId(1),
                std::size_t message_bytes = 16 * 1024);
  void Start();
  void Stop() { running_ = false; }
  // Whether B has all that A has sent.
  [[nodiscard]] bool complete() const { return received_ == sent_; }
  // Call it for each message of B.
  void OnMessage(MutableByteView message);
  [[nodiscard]] std::uint64_t received_bytes() const { return received_ * message_bytes_; }
  [[nodiscard]] StreamId stream() const { return stream_; }
  void Refill();

 private:
  Simulation& simulation_;
  StreamId stream_;
  std::size_t message_bytes_;
  bool running_ = false;
  std::uint64_t sent_ = 0, received_ = 0;
};

// Requests from A at a steady rate, each answered by B; latencies count from the time when each was
// due.
class Requests {
 public:
  struct Settings {
    double per_second = 1000;
    std::size_t request_bytes = 100, answer_bytes = 200;
    StreamId stream{2};
    bool copies = false;  // SendOptions::copy, for both
  };
  Requests(Simulation& simulation, const Settings& settings)
      : simulation_(simulation), settings_(settings) {}

  // Sends COUNT requests, the first one now.
  void Start(std::uint64_t count);
  void OnRequest(MutableByteView message);  // at B
  void OnAnswer(MutableByteView message);   // at A
  [[nodiscard]] std::uint64_t unanswered() const { return sent_ - latencies_.size(); }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] StreamId stream() const { return settings_.stream; }
  // In milliseconds; PART is a part of 1.
  [[nodiscard]] double Percentile(double part);

 private:
  void SendNext();

  Simulation& simulation_;
  Settings settings_;
  std::uint64_t left_ = 0, sent_ = 0, refused_ = 0;
  TimePoint due_{};
  std::vector<TimePoint> due_times_;
  std::map<std::uint64_t, double> latencies_;  // by number
};

}  // namespace sctp::testing
