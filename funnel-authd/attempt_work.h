// A link's work in the pools for one attempt after another: what an attempt has begun is of no use
// to the next one, so its outcome is dropped.
//
// Thread: the loop's; the work itself runs in the pools, and may end after this object.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "common/event/loop.h"
#include "common/event/work_pool.h"
#include "common/wire/frame/open.h"

namespace funnel::authd {

class AttemptWork {
 public:
  // PEER is the configured peer of the link, empty while unknown, and outlives this: a peer has its
  // own share of a pool.
  AttemptWork(event::Loop& loop, const std::string& peer) : loop_(loop), peer_(peer) {}
  ~AttemptWork() { BeginAttempt(); }
  AttemptWork(const AttemptWork&) = delete;
  AttemptWork& operator=(const AttemptWork&) = delete;

  // All that was begun until now belongs to an earlier attempt.
  void BeginAttempt() { ++*attempt_; }

  // Runs the work in a pool and calls THEN with its outcome if the attempt in which it
  // began is still the present one. FINALLY is called before that, on the loop, too, whatever has
  // become of the attempt. False: the pool is full, nothing is called.
  template <typename Outcome>
  [[nodiscard]] bool Run(
      event::WorkPool& pool, std::move_only_function<Outcome()> work,
      std::move_only_function<void(Outcome)> then, std::function<void()> finally = [] {});

  // Calls THEN in the next turn of the loop if it is still the same attempt.
  void Defer(std::function<void()> then) {
    loop_.Defer([attempts = attempt_, attempt = *attempt_, then = std::move(then)] {
      if (*attempts == attempt) then();
    });
  }

 private:
  event::Loop& loop_;
  const std::string& peer_;
  // Attempts are numbered. Shared with the work that still runs when this object is destroyed.
  std::shared_ptr<std::uint64_t> attempt_ = std::make_shared<std::uint64_t>(0);
};

template <typename Outcome>
bool AttemptWork::Run(event::WorkPool& pool, std::move_only_function<Outcome()> work,
                      std::move_only_function<void(Outcome)> then, std::function<void()> finally) {
  return pool.Submit(
      peer_.empty() ? std::string(wire::kPeerService)
                    : std::string(wire::kPeerService) + " " + peer_,
      [attempts = attempt_, attempt = *attempt_, work = std::move(work), then = std::move(then),
       finally = std::move(finally)]() mutable -> event::WorkPool::Answer {
        return [attempts, attempt, outcome = work(), then = std::move(then),
                finally = std::move(finally)]() mutable {
          finally();
          if (*attempts == attempt) then(std::move(outcome));
        };
      });
}

}  // namespace funnel::authd
