// A TCP connection with endless data beside the associations of a simulation, on the same links
// from A to B: what its congestion control makes of a path that it shares. Its packets are numbers;
// each is acknowledged by itself, and one that three later ones have passed is lost.
#pragma once

#include <chrono>
#include <deque>
#include <memory>

#include "tests/sctp/simulator/simulation.h"

namespace sctp::testing {

[[nodiscard]] inline double InSeconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

// A congestion control; rates and windows are in packets.
class TcpLaw {
 public:
  virtual ~TcpLaw() = default;
  struct Ack {
    TimePoint now;
    double rtt = 0;          // seconds
    double rate = 0;         // delivered a second while the packet was on its way; 0: unknown
    bool new_round = false;  // it was sent after the last such packet had been acknowledged
    std::size_t flight = 0;  // what is still on its way
  };
  virtual void OnAck(const Ack& ack) = 0;
  // Packets were lost; not called again for those that were sent before the call.
  virtual void OnLoss(TimePoint now) = 0;
  virtual void OnTimeout() = 0;
  [[nodiscard]] virtual double window() const = 0;
  [[nodiscard]] virtual double pacing_rate() const { return 0; }  // 0: by acknowledgements only
};

[[nodiscard]] std::unique_ptr<TcpLaw> MakeCubic();  // RFC 9438, with HyStart's delay rule
[[nodiscard]] std::unique_ptr<TcpLaw> MakeBbr();    // the first version

class TcpFlow {
 public:
  static constexpr std::size_t kPacketBytes = 1472;

  TcpFlow(Simulation& simulation, std::unique_ptr<TcpLaw> law)
      : simulation_(simulation), law_(std::move(law)) {}

  // It outlives the simulation's run.
  void Start();
  [[nodiscard]] std::uint64_t received_bytes() const { return delivered_ * kPacketBytes; }

 private:
  struct Sent {
    TimePoint time, delivered_time;
    std::uint64_t delivered = 0;
    bool over = false;  // acknowledged, or taken for lost
  };
  void SendWhatMayLeave();
  void SendOne();
  void OnAck(std::uint64_t number);
  void FindLost();
  void CheckTimeout();

  Simulation& simulation_;
  std::unique_ptr<TcpLaw> law_;
  std::deque<Sent> sent_;  // from first_ on
  std::uint64_t first_ = 0, highest_acknowledged_ = 0, round_end_ = 0, recovery_end_ = 0;
  std::uint64_t delivered_ = 0;
  std::size_t flight_ = 0;
  TimePoint next_send_{}, last_progress_{};
  bool waits_ = false;  // for next_send_
};

}  // namespace sctp::testing
