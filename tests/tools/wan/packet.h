// Packets under way, and the pool that they come from: memory is taken once and used again.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace funnel::wan {

using Nanoseconds = std::int64_t;  // on the monotonic clock

// The largest packet a TUN device hands over with any sensible MTU.
inline constexpr std::size_t kMaxPacketBytes = 9216;

struct Packet {
  std::size_t size = 0;
  std::array<char, kMaxPacketBytes> data;
};

using PacketPtr = std::unique_ptr<Packet>;

class PacketPool {
 public:
  [[nodiscard]] PacketPtr Take() {
    if (free_.empty()) return std::make_unique<Packet>();
    PacketPtr packet = std::move(free_.back());
    free_.pop_back();
    return packet;
  }
  void Give(PacketPtr packet) { free_.push_back(std::move(packet)); }

 private:
  std::vector<PacketPtr> free_;
};

}  // namespace funnel::wan
