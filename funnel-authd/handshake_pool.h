// Threads for what may wait for a KDC, DNS or a file: handshakes run here, off the loop that
// answers.
//
// Jobs of one key (a service) share at most `per_key` threads, so that a slow KDC holds up that
// service only; the others pass it in the queue. Threads start when needed, and those above
// `threads` end when idle.
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

namespace funnel::authd {

class HandshakePool {
 public:
  struct Limits {
    std::size_t threads = 16;      // kept when idle
    std::size_t max_threads = 64;  // in all
    std::size_t queue = 1024;      // jobs that wait
    std::size_t per_key = 2;       // of one key at once
  };
  using Answer = std::move_only_function<void()>;
  using Work = std::move_only_function<Answer()>;

  HandshakePool(event::Loop& loop, Limits limits);
  HandshakePool(const HandshakePool&) = delete;
  HandshakePool& operator=(const HandshakePool&) = delete;
  ~HandshakePool();

  // False: the queue is full; WORK is dropped.
  [[nodiscard]] bool Submit(std::string key, Work work);
  void SetLimits(Limits limits);
  [[nodiscard]] std::size_t running() const;
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct State;
  static void RunWorker(const std::shared_ptr<State>& state);

  // Shared with the workers, which may outlive the pool.
  std::shared_ptr<State> state_;
};

}  // namespace funnel::authd
