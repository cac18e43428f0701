// Resolves names to addresses without delaying the loop: a look-up may take as long as somebody
// else's server likes, so each question has a thread of its own, and the number of threads is
// limited.
#pragma once

#include <memory>

#include "common/event/loop.h"
#include "funnel-sctpd/interfaces.h"

namespace funnel::sctpd {

// Answers come through LOOP, which outlives it; none comes after its destruction.
class Resolver final : public ResolverInterface {
 public:
  static constexpr int kMaxThreads = 32;

  explicit Resolver(event::Loop& loop);
  ~Resolver() override;
  void Resolve(std::vector<config::Endpoint> endpoints, Callback callback) override;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // the threads share it and may outlive us
};

}  // namespace funnel::sctpd
