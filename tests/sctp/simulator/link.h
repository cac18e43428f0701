// One direction of a path in virtual time: a queue before a rate limit, then a delay, and the
// faults that packets can meet.
#pragma once

#include <optional>

#include "sctp/base/types.h"
#include "tests/sctp/test_random.h"

namespace sctp::testing {

struct LinkSettings {
  double bits_per_second = 0;  // 0: without limit
  std::size_t queue_bytes = 640 * 1024;
  Duration delay = std::chrono::milliseconds(25);
  // Added to the delay, uniformly distributed; packets keep their order.
  Duration jitter{};
  // The part of the packets that come this much later than their neighbours.
  double reordered = 0;
  Duration reordered_by{};
  double duplicated = 0;
  // Larger IP packets vanish, or are fragmented if they may be; 0: there is no limit.
  std::size_t largest_bytes = 0;
  bool cuts = false;
  double loss = 0;  // of each packet by itself
  // Bursts (Gilbert): the chances to become bad, and good again, at each packet; all are lost while
  // bad.
  double to_bad = 0, to_good = 1;
  // Packets beyond this rate are dropped without queueing; 0: there is no policer.
  double policer_bits_per_second = 0;
  std::size_t policer_burst_bytes = 64 * 1024;
};

class Link {
 public:
  Link(const LinkSettings& link, std::uint64_t seed) : settings(link), random_(seed) {}

  // When a packet that is sent at NOW arrives, and again if it is doubled; nullopt: never.
  struct Arrivals {
    std::optional<TimePoint> first, second;
  };
  // MAY_BE_CUT: IP may fragment it.
  [[nodiscard]] Arrivals Send(std::size_t sctp_bytes, bool may_be_cut, TimePoint now);

  LinkSettings settings;
  bool cut = false;
  std::uint64_t packets = 0, lost = 0, overflowed = 0, policed = 0, too_large = 0, in_pieces = 0;
  Duration longest_queue{};

 private:
  [[nodiscard]] bool Lost();
  [[nodiscard]] bool Policed(double bits, TimePoint now);

  TestRandom random_;
  TimePoint busy_until_{}, last_arrival_{}, policed_at_{};
  double policer_bits_ = 0;
  bool bad_ = false;
};

}  // namespace sctp::testing
