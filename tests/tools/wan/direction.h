// One direction of the emulated network: what happens to each packet, and when it comes out.
#pragma once

#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tools/wan/packet.h"

namespace funnel::wan {

// What happens to the n-th packet depends only on the seed and n, separately for each feature: the
// same load loses the same packets, and turning on jitter does not change which ones.
class Direction {
 public:
  Direction(std::string name, std::uint64_t seed);

  // One setting as on the command line (see wan.cc). False: no such key.
  [[nodiscard]] bool Set(std::string_view key, const std::vector<double>& values);

  // A packet came in at NOW.
  void Receive(PacketPtr packet, Nanoseconds now, PacketPool& pool);
  // Writes to FD what is due.
  void Release(int fd, Nanoseconds now, PacketPool& pool);
  // When the next packet is due; the largest value if none waits.
  [[nodiscard]] Nanoseconds NextDue() const;
  // One line of counters on stderr.
  void Print() const;

 private:
  enum Feature : std::size_t {
    kLoss,
    kState,
    kBurstLoss,
    kJitter,
    kReorder,
    kDuplicate,
    kFeatures
  };
  struct Waiting {
    Nanoseconds due = 0;
    std::uint64_t order = 0;
    Packet* packet = nullptr;  // owned by the queue, which cannot give up a unique_ptr
    bool operator<(const Waiting& other) const {
      return due != other.due ? due > other.due : order > other.order;
    }
  };
  struct Counters {
    std::uint64_t in = 0, in_bytes = 0, lost = 0, overflow = 0, duplicated = 0, reordered = 0;
    std::uint64_t out = 0, out_bytes = 0, errors = 0;
    double max_queue_bytes = 0;
    Nanoseconds late_sum = 0, late_max = 0;
  };

  [[nodiscard]] double Draw(Feature feature) const;
  [[nodiscard]] bool Chance(Feature feature, double probability) const;
  // When the link has sent it; negative: the queue was full.
  [[nodiscard]] double Transmit(std::size_t size, double now);
  [[nodiscard]] bool IsLost();
  void Enqueue(PacketPtr packet, double due);

  std::string name_;
  std::uint64_t keys_[kFeatures];
  // Settings. Times in nanoseconds, probabilities from 0 to 1.
  double delay_ = 0, jitter_ = 0, ns_per_byte_ = 0, queue_bytes_ = 640'000;
  double loss_ = 0, duplicate_ = 0, reorder_ = 0, hold_ = 0;
  double to_bad_ = 0, to_good_ = 1, loss_bad_ = 1, loss_good_ = 0;
  // State.
  double busy_until_ = 0, last_due_ = 0;
  bool bad_ = false;
  std::uint64_t order_ = 0;
  std::priority_queue<Waiting> waiting_;
  Counters count_;
};

}  // namespace funnel::wan
