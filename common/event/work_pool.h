// Threads for work that may have to wait for a KDC, a name service or a file, so that the loop does
// not wait.
//
// The jobs of one key (a service) use at most `per_key` threads, so that a slow KDC delays only
// that service: other jobs overtake in the queue, of which each key has its share. Threads start
// when they are needed, and those above `threads` end when idle.
//
// Submit() and the destructor belong to the loop's thread. Work runs on a worker. The function that
// it returns runs on the loop, but not once the pool is gone. The destructor does not wait for work
// that hangs in a library call.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "common/event/loop.h"

namespace funnel::event {

class WorkPool {
 public:
  struct Limits {
    std::size_t threads = 16;      // kept when idle
    std::size_t max_threads = 64;  // in all
    std::size_t queue = 1024;      // jobs that wait; one key may use half of it
    std::size_t per_key = 2;       // of one key at once
    std::size_t known_keys = 0;    // for each of so many keys, part of the queue is reserved
  };
  using Answer = std::move_only_function<void()>;
  using Work = std::move_only_function<Answer()>;

  WorkPool(Loop& loop, Limits limits);
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;
  ~WorkPool();

  // False: the queue is full, or KEY's share of it; WORK is dropped.
  [[nodiscard]] bool Submit(std::string key, Work work);
  void SetLimits(Limits limits);
  [[nodiscard]] std::size_t running() const;
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct State;
  // The caller holds the mutex.
  static void Staff(const std::shared_ptr<State>& state);
  static void RunWorker(const std::shared_ptr<State>& state);

  // The workers share it, because they may outlive the pool.
  std::shared_ptr<State> state_;
};

}  // namespace funnel::event
