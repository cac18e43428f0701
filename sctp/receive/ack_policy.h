// When a SACK leaves: at once for the first data of all (RFC 9260 section 6), which gives the
// sender its first round trip, and whenever the sender should act on it; otherwise with every
// second packet or after a short delay (section 6.2, RFC 7053).
#pragma once

#include <utility>

#include "sctp/base/types.h"

namespace sctp {

class AckPolicy {
 public:
  struct Settings {
    Duration delay = std::chrono::milliseconds(20);
    int packets = 2;
  };
  explicit AckPolicy(const Settings& settings) : settings_(settings) {}

  // What one packet with data was.
  struct Arrival {
    bool gap = false;        // something is missing before it, or was until it came
    bool news = false;       // it brought something new
    bool immediate = false;  // the sender asks (the I bit)
  };
  void OnPacket(const Arrival& arrival, TimePoint now) {
    const bool first = std::exchange(first_, false);
    if (first || arrival.gap || arrival.immediate || !arrival.news ||
        ++packets_ >= settings_.packets)
      deadline_ = now;
    else if (!pending())
      deadline_ = now + settings_.delay;
  }
  void OnUrgent(TimePoint now) { deadline_ = now; }
  void OnSackSent() {
    packets_ = 0;
    deadline_ = TimePoint::max();
  }

  // There is something to acknowledge: a SACK may go with a packet that leaves anyway.
  [[nodiscard]] bool pending() const { return deadline_ != TimePoint::max(); }
  [[nodiscard]] bool Due(TimePoint now) const { return deadline_ <= now; }
  [[nodiscard]] TimePoint deadline() const { return deadline_; }

 private:
  Settings settings_;
  bool first_ = true;
  int packets_ = 0;
  TimePoint deadline_ = TimePoint::max();
};

}  // namespace sctp
