// A flow's datagrams that its backend may not have received: those that came before its address was
// known, and copies of those sent since its last answer, in case it refuses them and another
// address takes them. Those of all flows together use no more than queue-size.
//
// Owned by a BackendFlow, on the loop's thread.
#pragma once

#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"

namespace funnel::udpd {

// What all flows of the process hold together.
struct HeldBytes {
  std::size_t now = 0;
};

class HeldDatagrams {
 public:
  // For one flow: what a client sends before it waits for an answer.
  static constexpr std::size_t kMost = 8;
  struct Held {
    TimePoint since;
    Bytes datagram;
  };

  explicit HeldDatagrams(HeldBytes& held) : held_(held) {}
  ~HeldDatagrams() { Clear(); }
  HeldDatagrams(const HeldDatagrams&) = delete;
  HeldDatagrams& operator=(const HeldDatagrams&) = delete;

  // Returns how many were lost by this: older ones of this flow, or the new one itself.
  std::size_t Add(ByteView datagram, std::size_t max_bytes, TimePoint now);
  [[nodiscard]] const std::vector<Held>& all() const { return all_; }
  // Drops those older than LIFETIME (0: none), for which nobody waits any more. Returns how many.
  std::size_t DropOlder(Duration lifetime, TimePoint now);
  void Clear();

 private:
  // Drops the oldest; its size is subtracted from this flow and from the sum of all flows.
  void DropFront();

  HeldBytes& held_;
  std::vector<Held> all_;
};

}  // namespace funnel::udpd
