#include "common/event/work_pool.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "common/base/shares.h"

namespace funnel::event {

struct WorkPool::State {
  struct Job {
    std::string key;
    Work work;
    Shares::Slot slot;  // in the queue
  };

  // Finds the first job whose key may have another thread. The caller holds the mutex.
  [[nodiscard]] std::deque<Job>::iterator NextJob() {
    return std::find_if(queue.begin(), queue.end(), [this](const Job& job) {
      auto found = running_of.find(job.key);
      return found == running_of.end() || found->second < limits.per_key;
    });
  }
  void Finish(const std::string& key) {
    --running;
    if (--running_of[key] == 0) running_of.erase(key);
  }

  void SetLimits(Limits given) {
    limits = given;
    slots.set_limits(Shares::Halves(given.queue, given.known_keys));
  }

  explicit State(Loop& owner) : loop(&owner) {}

  std::mutex mutex;
  std::condition_variable changed;
  Loop* loop;  // nullptr once the pool is gone
  Limits limits;
  Shares slots;
  std::deque<Job> queue;
  std::map<std::string, std::size_t> running_of;
  std::size_t running = 0;
  std::size_t threads = 0;
  std::size_t idle = 0;   // threads that wait for a job
  std::size_t woken = 0;  // those of them that were given a job and have not taken it yet
};

WorkPool::WorkPool(Loop& loop, Limits limits) : state_(std::make_shared<State>(loop)) {
  state_->SetLimits(limits);
}

WorkPool::~WorkPool() {
  const std::lock_guard lock(state_->mutex);
  state_->loop = nullptr;
  state_->queue.clear();
  state_->changed.notify_all();
}

bool WorkPool::Submit(std::string key, Work work) {
  const std::lock_guard lock(state_->mutex);
  Shares::Slot slot = state_->slots.Take(key);
  if (!slot) return false;
  state_->queue.push_back({std::move(key), std::move(work), std::move(slot)});
  Staff(state_);
  return true;
}

// Finds or starts a thread for one more job. A thread that was woken for another job still counts
// as idle, but cannot take this one.
void WorkPool::Staff(const std::shared_ptr<State>& state) {
  if (state->NextJob() == state->queue.end()) return;
  if (state->woken < state->idle) {
    ++state->woken;
    state->changed.notify_one();
  } else if (state->threads < state->limits.max_threads) {
    ++state->threads;
    std::thread([state] { RunWorker(state); }).detach();
  }
}

void WorkPool::SetLimits(Limits limits) {
  const std::lock_guard lock(state_->mutex);
  state_->SetLimits(limits);
  Staff(state_);
  state_->changed.notify_all();
}

std::size_t WorkPool::running() const {
  const std::lock_guard lock(state_->mutex);
  return state_->running;
}

std::size_t WorkPool::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->queue.size();
}

void WorkPool::RunWorker(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  for (;;) {
    auto next = state->NextJob();
    while (state->loop != nullptr && next == state->queue.end()) {
      if (state->threads > state->limits.threads) break;
      ++state->idle;
      state->changed.wait(lock);
      --state->idle;
      // It does not matter for which thread it was meant: this is one of those that were woken.
      if (state->woken > 0) --state->woken;
      next = state->NextJob();
    }
    if (state->loop == nullptr || next == state->queue.end()) break;
    State::Job job = std::move(*next);
    state->queue.erase(next);
    job.slot.Release();
    ++state->running;
    ++state->running_of[job.key];
    lock.unlock();
    // Post() takes copyable callbacks only.
    auto answer = std::make_shared<Answer>(job.work());
    job.work = nullptr;
    lock.lock();
    state->Finish(job.key);
    // Holding the lock, so that the pool, and with it the loop, cannot be destroyed meanwhile.
    if (state->loop == nullptr) continue;
    state->loop->Post([state, answer = std::move(answer)] {
      if (state->loop != nullptr) (*answer)();
    });
  }

  --state->threads;
}

}  // namespace funnel::event
