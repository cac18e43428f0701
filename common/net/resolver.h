// Looks up a backend's name off the loop (getaddrinfo blocks for seconds where DNS is slow).
//
// Thread: the loop's. One lookup runs at a time, on a thread of its own; whoever asks meanwhile
// waits for the same answer. Answers are kept for kFresh, failures for kFailureFresh.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/config/address.h"
#include "common/event/loop.h"

namespace funnel::net {

class Resolver {
 public:
  using Answer = Result<std::vector<SocketAddress>>;
  using Done = std::function<void(const Answer&)>;
  // Short: the system's resolver caches by the records' own life, this only spares it bursts.
  static constexpr std::chrono::seconds kFresh{5};
  static constexpr std::chrono::seconds kFailureFresh{1};

  explicit Resolver(event::Loop& loop);
  // Waiters get no answer; a lookup under way ends by itself.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // ENDPOINT is a host (name or literal) and port. DONE is called from here if an answer is known
  // that is younger than MAX_AGE, else from the loop.
  void Lookup(const config::Endpoint& endpoint, Done done, Duration max_age = kFresh);

 private:
  struct Shared;
  struct Waiter {
    config::Endpoint endpoint;
    Done done;
    Duration max_age;
  };

  struct Known {
    config::Endpoint endpoint;
    Answer answer;
    TimePoint since;
  };

  // On a thread, for the first that waits.
  void StartLookup();
  // Answers all that wait for ENDPOINT, and begins with the next.
  void OnAnswer(const config::Endpoint& endpoint, Answer answer);
  [[nodiscard]] bool IsFresh(const config::Endpoint& endpoint, Duration max_age) const;

  // Outlives this object where a lookup is under way: its thread cannot be stopped.
  std::shared_ptr<Shared> shared_;
  std::vector<Waiter> waiters_;
  bool running_ = false;
  std::optional<Known> known_;
};

}  // namespace funnel::net
