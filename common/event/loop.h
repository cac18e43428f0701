// The one event loop of a daemon: sd-event, with turns.
//
// In a turn, sources are dispatched until none is ready (up to a limit); then the hooks run that
// were requested. So a hook is the place to send, in one batch, what one turn's input produced:
// flush there, never on a timer.
//
// Thread: everything on the loop's thread, except Post(). Sources are objects; destroying one takes
// it off the loop, even inside its own callback. The loop outlives all its sources.
#pragma once

#include <systemd/sd-event.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/unique_fd.h"

namespace funnel::event {

class Loop;

namespace internal {
struct SourceDeleter {
  void operator()(sd_event_source* source) const { sd_event_source_disable_unref(source); }
};
using Source = std::unique_ptr<sd_event_source, SourceDeleter>;
}  // namespace internal

// Watches one descriptor, which it does not own and which must outlive it.
class IoWatch {
 public:
  // EVENTS as for epoll: EPOLLIN, EPOLLOUT; EPOLLERR and EPOLLHUP always come.
  using Callback = std::function<void(std::uint32_t events)>;

  ~IoWatch();
  // Cheap if nothing changes. With 0 the callback is called only for errors and hang-up.
  void SetEvents(std::uint32_t events);
  [[nodiscard]] std::uint32_t events() const { return events_; }

 private:
  friend class Loop;
  IoWatch(Callback callback, std::uint32_t events)
      : callback_(std::move(callback)), events_(events) {}
  static int OnReady(sd_event_source*, int, std::uint32_t events, void* self);

  Callback callback_;
  std::uint32_t events_;
  internal::Source source_;
};

// Calls back once at its time; then it is off until it is armed again.
class Timer {
 public:
  using Callback = std::function<void()>;

  ~Timer();
  // Replaces an earlier time; cheap when the time is the same. A time that has passed fires in the
  // next turn.
  void Arm(TimePoint at);
  void ArmAfter(Duration delay) { Arm(Now() + delay); }
  // nullopt: off.
  void Arm(std::optional<TimePoint> at) { at ? Arm(*at) : Disarm(); }
  void Disarm();
  [[nodiscard]] bool armed() const { return armed_; }

 private:
  friend class Loop;
  explicit Timer(Callback callback) : callback_(std::move(callback)) {}
  static int OnDue(sd_event_source*, std::uint64_t, void* self);

  Callback callback_;
  bool armed_ = false;
  TimePoint at_{};
  internal::Source source_;
};

class SignalWatch {
 public:
  using Callback = std::function<void()>;
  ~SignalWatch();

 private:
  friend class Loop;
  explicit SignalWatch(Callback callback) : callback_(std::move(callback)) {}
  static int OnSignal(sd_event_source*, const struct signalfd_siginfo*, void* self);

  Callback callback_;
  internal::Source source_;
};

// Runs its callback once at the end of each turn in which it was requested. A request from inside a
// hook is for the next turn, which then does not wait for input.
class TurnHook {
 public:
  using Callback = std::function<void()>;
  ~TurnHook();
  void Request();

 private:
  friend class Loop;
  TurnHook(Loop& loop, Callback callback) : loop_(loop), callback_(std::move(callback)) {}

  Loop& loop_;
  Callback callback_;
  bool requested_ = false;
};

class Loop {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Loop>> Create();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  [[nodiscard]] Result<std::unique_ptr<IoWatch>> AddIo(int fd, std::uint32_t events,
                                                       IoWatch::Callback callback);
  // It fires at most ACCURACY late, so that timers close to each other share a wake-up.
  [[nodiscard]] std::unique_ptr<Timer> AddTimer(
      Timer::Callback callback, std::chrono::microseconds accuracy = std::chrono::milliseconds(1));
  // Blocks SIGNAL for the calling thread and those it starts later: add signals before threads.
  [[nodiscard]] Result<std::unique_ptr<SignalWatch>> AddSignal(int signal,
                                                               SignalWatch::Callback callback);
  [[nodiscard]] std::unique_ptr<TurnHook> AddTurnHook(TurnHook::Callback callback);

  // Runs CALLBACK on the loop's thread, before this turn ends or in a later one. Any thread may
  // call it.
  void Post(std::function<void()> callback);
  // The same from the loop's own thread, without a wake-up: CALLBACK runs when the present callback
  // has returned, before this turn's hooks.
  void Defer(std::function<void()> callback);

  // Answers the service manager's watchdog, if it wants that ($WATCHDOG_USEC).
  [[nodiscard]] Result<> EnableWatchdog();

  // Runs until Exit(), and returns its code.
  [[nodiscard]] Result<int> Run();
  // Ends Run() after the present turn and its hooks.
  void Exit(int code);
  // Runs one turn, which waits at most TIMEOUT for its first event. False: nothing happened. For
  // tests.
  [[nodiscard]] Result<bool> RunOnce(Duration timeout);

 private:
  friend class TurnHook;
  Loop() = default;
  // Dispatches what is ready, several times if more comes, then runs the hooks. False: nothing was
  // ready.
  [[nodiscard]] Result<bool> Turn(std::uint64_t timeout_usec);
  [[nodiscard]] Result<bool> Dispatch(std::uint64_t timeout_usec);
  void RunDeferred();
  // Runs those that were requested; what they request runs in the next turn.
  void RunHooks();
  void RunPosted();

  struct EventDeleter {
    void operator()(sd_event* event) const { sd_event_unref(event); }
  };
  std::unique_ptr<sd_event, EventDeleter> event_;
  std::vector<TurnHook*> requested_;  // nullptr: the hook was destroyed
  std::vector<TurnHook*> running_;
  std::vector<std::function<void()>> deferred_;
  bool exiting_ = false;
  int exit_code_ = 0;

  UniqueFd wake_;
  std::unique_ptr<IoWatch> wake_watch_;
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
};

}  // namespace funnel::event
