#include "funnel-authd/handshake_pool.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace funnel::authd {

struct HandshakePool::State {
  struct Job {
    std::string key;
    Work work;
  };

  // The first job whose key has a thread to spare. Hold the mutex.
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

  explicit State(event::Loop& owner) : loop(&owner) {}

  std::mutex mutex;
  std::condition_variable changed;
  event::Loop* loop;  // nullptr once the pool is gone
  Limits limits;
  std::deque<Job> queue;
  std::map<std::string, std::size_t> running_of;
  std::size_t running = 0;
  std::size_t threads = 0;
  std::size_t idle = 0;
};

HandshakePool::HandshakePool(event::Loop& loop, Limits limits)
    : state_(std::make_shared<State>(loop)) {
  state_->limits = limits;
}

HandshakePool::~HandshakePool() {
  const std::lock_guard lock(state_->mutex);
  state_->loop = nullptr;
  state_->queue.clear();
  state_->changed.notify_all();
}

bool HandshakePool::Submit(std::string key, Work work) {
  const std::lock_guard lock(state_->mutex);
  if (state_->queue.size() >= state_->limits.queue) return false;
  state_->queue.push_back({std::move(key), std::move(work)});
  if (state_->idle == 0 && state_->threads < state_->limits.max_threads &&
      state_->NextJob() != state_->queue.end()) {
    ++state_->threads;
    std::thread([state = state_] { RunWorker(state); }).detach();
  } else {
    state_->changed.notify_one();
  }
  return true;
}

void HandshakePool::SetLimits(Limits limits) {
  const std::lock_guard lock(state_->mutex);
  state_->limits = limits;
  state_->changed.notify_all();
}

std::size_t HandshakePool::running() const {
  const std::lock_guard lock(state_->mutex);
  return state_->running;
}

std::size_t HandshakePool::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->queue.size();
}

void HandshakePool::RunWorker(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  for (;;) {
    auto next = state->NextJob();
    while (state->loop != nullptr && next == state->queue.end()) {
      if (state->threads > state->limits.threads) break;
      ++state->idle;
      state->changed.wait(lock);
      --state->idle;
      next = state->NextJob();
    }
    if (state->loop == nullptr || next == state->queue.end()) break;
    State::Job job = std::move(*next);
    state->queue.erase(next);
    ++state->running;
    ++state->running_of[job.key];
    lock.unlock();
    // Post() takes copyable callbacks only.
    auto answer = std::make_shared<Answer>(job.work());
    job.work = nullptr;
    lock.lock();
    state->Finish(job.key);
    // Under the lock: the pool, and with it the loop, cannot go meanwhile.
    if (state->loop == nullptr) continue;
    state->loop->Post([state, answer] {
      if (state->loop != nullptr) (*answer)();
    });
  }
  --state->threads;
}

}  // namespace funnel::authd
