// Which stream is to send next (RFC 8260 section 3): the most urgent priority first; among equals
// each gets bytes in proportion to its weight.
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
  // As many as an application may want, and one before them.
  static constexpr std::uint8_t kPriorities = 9;

  // Holds from the stream's next turn on.
  void Configure(StreamId stream, const StreamShare& share);
  // It has something to send; no effect if that was known.
  void Activate(StreamId stream);
  [[nodiscard]] std::optional<StreamId> Next() const;
  // The stream that Next() named has sent that much, and has MORE.
  void Charge(std::size_t bytes, bool more);

 private:
  struct Stream {
    StreamShare share;
    bool active = false;
    std::uint64_t finish = 0;  // virtual time when what it sent so far would be through
  };
  struct Turn {
    std::uint8_t priority = 0;
    std::uint64_t start = 0;
    std::uint64_t order = 0;  // first come first served among equals
    StreamId stream;
    // A heap has the greatest in front: "less" is "later".
    bool operator<(const Turn& other) const {
      return std::tie(priority, start, order) > std::tie(other.priority, other.start, other.order);
    }
  };
  [[nodiscard]] Stream& StreamOf(StreamId stream);
  void Enter(StreamId id);

  std::vector<Stream> streams_;  // as far as one was used
  std::vector<Turn> turns_;      // a heap; one for each active stream
  std::array<std::uint64_t, kPriorities> virtual_time_{};
  std::uint64_t order_ = 0;
};

}  // namespace sctp
