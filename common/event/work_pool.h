// Threads for what may wait for a KDC, a name service or a file: it runs here, off the loop that
// answers.
//
// Jobs of one key (a service) share at most `per_key` threads, so that a slow KDC holds up that
// service only; the others pass it in the queue, of which each key has its share. Threads start
// when needed, and those above `threads` end when idle.
//
// Submit() and the destructor: the loop's thread. Work runs on a worker; what it returns runs on
// the loop, and never after the pool is gone. The destructor does not wait for work that hangs in a
// library call.
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
    std::size_t queue = 1024;      // jobs that wait; one key has half of it at most
    std::size_t per_key = 2;       // of one key at once
    std::size_t known_keys = 0;    // for each of so many a part of the queue is kept
  };
  using Answer = std::move_only_function<void()>;
  using Work = std::move_only_function<Answer()>;

  WorkPool(Loop& loop, Limits limits);
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;
  ~WorkPool();

  // False: the queue, or KEY's share of it, is full; WORK is dropped.
  [[nodiscard]] bool Submit(std::string key, Work work);
  void SetLimits(Limits limits);
  [[nodiscard]] std::size_t running() const;
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct State;
  // Hold the mutex.
  static void Staff(const std::shared_ptr<State>& state);
  static void RunWorker(const std::shared_ptr<State>& state);

  // Shared with the workers, which may outlive the pool.
  std::shared_ptr<State> state_;
};

}  // namespace funnel::event
