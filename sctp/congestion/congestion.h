// How much may be on its way, and how fast it may leave. Each path has one.
#pragma once

#include <memory>

#include "sctp/congestion/delivery_rate.h"

namespace sctp {

// One SACK that brought something new, or a loss that the clock showed.
struct AckEvent {
  TimePoint now{};
  std::size_t delivered_bytes = 0;  // by this one
  std::size_t lost_bytes = 0;       // declared lost by it
  bool new_recovery = false;        // the first loss since the last recovery ended
  std::size_t flight_before_bytes = 0;
  std::size_t flight_bytes = 0;  // after it
  std::uint64_t delivered_total_bytes = 0;
  RateSample rate;
  Duration rtt{};  // zero: no sample
  Duration smoothed_rtt{};
};

class Congestion {
 public:
  virtual ~Congestion() = default;
  virtual void OnAck(const AckEvent& event) = 0;
  // Nothing came back for a whole RTO.
  virtual void OnTimeout() = 0;
  // The last reduction was a mistake: nothing had been lost.
  virtual void OnUndo() = 0;
  // A packet leaves after there was nothing on its way.
  virtual void OnRestart(TimePoint /*now*/) {}

  [[nodiscard]] virtual std::size_t window_bytes() const = 0;
  // Bytes per second; 0: as the acknowledgements come.
  [[nodiscard]] virtual double pacing_rate() const = 0;
  // What the path was found to deliver, in bytes per second; 0: not measured.
  [[nodiscard]] virtual double delivery_rate() const { return 0; }
  // For people.
  [[nodiscard]] virtual const char* state() const = 0;
};

enum class CongestionLaw {
  kModel,  // of rate and round trip (model.h)
  kReno,   // RFC 9260 section 7.2
};
[[nodiscard]] std::unique_ptr<Congestion> MakeCongestion(CongestionLaw law,
                                                         std::size_t packet_bytes);

// RFC 9260 section 7.2.1 has about three packets, RFC 6928 ten.
inline constexpr std::size_t kInitialPackets = 10;

}  // namespace sctp
