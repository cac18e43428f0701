// Two channel ends over a hostile network, reproducible from a seed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/wire/simulation/sim_party.h"

namespace funnel::wire::sim {

// How bad the network is; drawn from the seed.
struct Weather {
  double lose_expirable = 0, duplicate = 0, replay = 0, alter = 0, late = 0;
  double lose_reliable = 0;  // tampering: the channel must end, and not cleanly
  double crash = 0, reset = 0, close = 0, jump = 0, slow_reader = 0, full_sink = 0, rekey_fails = 0;
  int most_delay_ms = 20;
  int steps = 100;
  int sessions = 5;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed);
  ~Simulation();
  // What went wrong; empty if nothing did.
  [[nodiscard]] std::string Run();

 private:
  struct End;
  struct Flight {
    TimePoint arrives;
    Bytes frame;
    // Its number among its sender's reliable frames; nullopt: expirable, or changed.
    std::optional<std::size_t> reliable;
    std::uint64_t generation = 0;
    Role sender = Role::kInitiator;
  };
  class Sink;

  void DrawWeather();
  void NewGeneration();
  void HostileStep();
  bool KindStep();  // false: all is done
  void Advance(Duration time);
  void Move(End& end);
  void Deliver(End& from);
  void Land(End& from, Flight flight);
  void Answer(End& end);
  void Crash(End& end);
  void CheckEnd(End& end);
  void CheckBounds(End& end);
  void BringDown(End& end, bool abrupt);
  [[nodiscard]] End& Other(End& end);
  [[nodiscard]] std::string FirstFailure() const;
  [[nodiscard]] bool GenerationIsOver() const;
  void Fail(const std::string& what) {
    if (failure_.empty()) failure_ = what;
  }

  std::uint64_t seed_;
  Random random_;
  Weather weather_;
  ChannelSettings settings_;
  TimePoint now_{std::chrono::seconds(1000)};
  BootTime boot_{std::chrono::seconds(5000)};
  std::uint64_t generation_ = 0;
  bool kind_ = false;
  int idle_seconds_ = 0;
  std::unique_ptr<End> a_, b_;
  std::vector<Flight> history_;  // for replays, of all generations
  std::string failure_;
};

}  // namespace funnel::wire::sim
