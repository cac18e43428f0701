// One end of a simulation: channel, owner, and what it has on the way.
#pragma once

#include "tests/unit/wire/ends.h"
#include "tests/unit/wire/simulation/simulation.h"

namespace funnel::wire::sim {

constexpr std::size_t kMaxHistory = 300;  // frames kept for replays
constexpr Duration kLife = std::chrono::hours(10);

inline EpochKeys KeysOf(std::uint64_t seed, std::uint64_t generation, Epoch epoch, Role role,
                        BootTime now) {
  const std::uint64_t key = seed * 7919 + generation * 101 + epoch.value();
  return testing::ToyKeys(key, role, BootTime{now.since_boot + kLife});
}

// Frames that an end has sent, on their way to the other.
class Simulation::Sink : public FrameSink {
 public:
  MutableByteView Reserve(std::size_t size) override {
    if (room == 0) return {};
    reserved_.assign(size, 0xEE);
    return reserved_;
  }
  void Commit(std::size_t size) override {
    --room;
    reserved_.resize(size);
    fresh.push_back(std::move(reserved_));
  }

  std::size_t room = 0;
  std::deque<Bytes> fresh;

 private:
  Bytes reserved_;
};

struct Simulation::End {
  Role role;
  std::unique_ptr<Party> party;
  std::unique_ptr<Channel> channel;
  Sink sink;
  std::vector<Flight> flights;  // to the other end
  std::vector<bool> landed;     // of its reliable frames
  bool tampered = false;        // one of its reliable frames was taken away
  bool checked = false, link_down = false;
};

}  // namespace funnel::wire::sim
