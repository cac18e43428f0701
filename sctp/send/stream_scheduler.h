// Which stream sends next (RFC 8260 section 3): the most urgent priority first; streams of equal
// priority get bytes in proportion to their weights.
#pragma once

#include <array>
#include <optional>
#include <tuple>
#include <vector>

#include "sctp/base/types.h"

namespace sctp {

struct StreamShare {
  std::uint8_t priority = 0;  // 0 is the most urgent; below StreamScheduler::kPriorities
  std::uint16_t weight = 1;   // at least 1
};

class StreamScheduler {
 public:
  // As many as an application can want, and one that precedes them.
  static constexpr std::uint8_t kPriorities = 9;

  // Takes effect at the stream's next turn.
  void Configure(StreamId stream, const StreamShare& share);
  // STREAM has something to send; no effect if that is known.
  void Activate(StreamId stream);
  [[nodiscard]] std::optional<StreamId> Next() const;
  // The stream that Next() returned has sent that much; MORE: it has more to send.
  void Charge(std::size_t bytes, bool more);

 private:
  struct Stream {
    StreamShare share;
    bool active = false;
    std::uint64_t finish = 0;  // virtual time at which what it has sent would be finished
  };
  struct Turn {
    std::uint8_t priority = 0;
    std::uint64_t start = 0;
    std::uint64_t order = 0;  // among equals the first to come is the first to be served
    StreamId stream;
    // A heap has the greatest in front: so "less" means "later".
    bool operator<(const Turn& other) const {
      return std::tie(priority, start, order) > std::tie(other.priority, other.start, other.order);
    }
  };
  [[nodiscard]] Stream& StreamOf(StreamId stream);
  void Enter(StreamId id);

  std::vector<Stream> streams_;  // up to the last one that was used
  std::vector<Turn> turns_;      // a heap; one for each active stream
  std::array<std::uint64_t, kPriorities> virtual_time_{};
  std::uint64_t order_ = 0;
};

}  // namespace sctp
