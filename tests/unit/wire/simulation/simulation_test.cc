// FUNNEL_SCENARIOS=N runs N scenarios (300 by default; 100,000 in the long mode); FUNNEL_SEED=S
// runs the one of that seed.
#include "tests/unit/wire/simulation/simulation.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace funnel::wire::sim {
namespace {

std::uint64_t FromEnvironment(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text && *text ? std::strtoull(text, nullptr, 10) : fallback;
}

TEST(Simulation, InvariantsHoldOverAHostileNetwork) {
  if (std::getenv("FUNNEL_SEED")) {
    const std::uint64_t seed = FromEnvironment("FUNNEL_SEED", 0);
    EXPECT_EQ(Simulation(seed).Run(), "") << "FUNNEL_SEED=" << seed;
    return;
  }
  const std::uint64_t count = FromEnvironment("FUNNEL_SCENARIOS", 300);
  int failures = 0;
  for (std::uint64_t seed = 1; seed <= count && failures < 10; ++seed) {
    const std::string failure = Simulation(seed).Run();
    if (!failure.empty()) ++failures;
    EXPECT_EQ(failure, "") << "run again with FUNNEL_SEED=" << seed;
  }
}

}  // namespace
}  // namespace funnel::wire::sim
