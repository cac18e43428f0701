#include "common/base/foreign_fd.h"

#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

#include "common/base/receive_message.h"

namespace funnel {
namespace {

// Each may be held up by one descriptor.
constexpr std::size_t kMaxThreads = 16;
// An idle thread ends.
constexpr std::chrono::seconds kIdle{5};
// Messages of a Unix socket that are looked through for descriptors.
constexpr int kMaxUnread = 1024;

class Closers {
 public:
  void Take(UniqueFd fd) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(fd));
    if (woken_ < idle_) {
      ++woken_;
      changed_.notify_one();
    } else if (threads_ < kMaxThreads) {
      StartThread();
    }
  }
  [[nodiscard]] std::size_t Count() {
    const std::lock_guard lock(mutex_);
    return waiting_.size() + closing_;
  }

 private:
  // With all signals blocked: they are the loop's.
  void StartThread() {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    // Where there is no thread to be had, the next descriptor tries again.
    try {
      std::thread([this] { Run(); }).detach();
      ++threads_;
    } catch (const std::system_error&) {
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void Run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      while (!waiting_.empty()) {
        UniqueFd fd = std::move(waiting_.front());
        waiting_.pop_front();
        ++closing_;
        lock.unlock();
        CloseNow(std::move(fd));
        lock.lock();
        --closing_;
      }

      ++idle_;
      const bool called = changed_.wait_for(lock, kIdle) == std::cv_status::no_timeout;
      --idle_;
      if (woken_ > 0) --woken_;
      if (!called && waiting_.empty()) break;
    }
    --threads_;
  }

  void CloseNow(UniqueFd fd) {
    // Whoever shares it may turn lingering on again: then this thread waits, and no other.
    const linger off{};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &off, sizeof off);
    int domain = 0;
    socklen_t size = sizeof domain;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX)
      TakeUnread(fd.get());
  }

  // What lies unread in a Unix socket would be closed with it, as it is. Taken out, it comes back
  // to us one by one.
  void TakeUnread(int fd) {
    std::array<std::uint8_t, 4096> bytes;
    for (int i = 0; i < kMaxUnread; ++i)
      if (ReceiveMessage(fd, bytes).size <= 0) return;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<UniqueFd> waiting_;
  std::size_t closing_ = 0;
  std::size_t threads_ = 0;
  std::size_t idle_ = 0;   // threads that wait
  std::size_t woken_ = 0;  // of those: they have a descriptor to take, and have not come to it yet
};

// Never destroyed: a thread may be inside close() when the process ends.
Closers& AllClosers() {
  static Closers* const closers = new Closers;
  return *closers;
}

}  // namespace

void ForeignFd::Close() {
  if (fd_) AllClosers().Take(std::move(fd_));
}

std::size_t ForeignFd::CountClosing() { return AllClosers().Count(); }

}  // namespace funnel
