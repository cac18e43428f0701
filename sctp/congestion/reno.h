// The law of RFC 9260 section 7.2: slow start, then one packet more a round trip; half after each
// recovery.
#pragma once

#include "sctp/congestion/congestion.h"

namespace sctp {

class Reno : public Congestion {
 public:
  explicit Reno(std::size_t packet_bytes)
      : packet_bytes_(packet_bytes), window_(kInitialPackets * packet_bytes) {}

  void OnAck(const AckEvent& event) override;
  void OnTimeout() override;
  void OnUndo() override;
  [[nodiscard]] std::size_t window_bytes() const override { return window_; }
  [[nodiscard]] double pacing_rate() const override { return rate_; }
  [[nodiscard]] const char* state() const override {
    return window_ < threshold_ ? "slow start" : "avoidance";
  }

 private:
  void Reduce();
  [[nodiscard]] std::size_t LeastWindow() const { return 4 * packet_bytes_; }

  std::size_t packet_bytes_;
  std::size_t window_;
  std::size_t threshold_ = SIZE_MAX;
  std::size_t before_window_ = 0, before_threshold_ = 0;  // for OnUndo
  std::size_t acked_ = 0;                                 // towards the next packet more
  double rate_ = 0;
};

}  // namespace sctp
