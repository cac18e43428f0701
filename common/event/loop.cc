#include "common/event/loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <limits>

namespace funnel::event {
namespace {

// How many sources are dispatched before a turn's hooks run although there is still input. It
// limits how long a flood can delay the hooks, and how much data waits for a flush.
constexpr int kMaxDispatchesPerTurn = 32;
constexpr std::uint64_t kForever = std::numeric_limits<std::uint64_t>::max();

std::uint64_t ToMonotonicUsec(TimePoint at) {
  auto usec = std::chrono::ceil<std::chrono::microseconds>(at.time_since_epoch()).count();
  return usec < 0 ? 0 : static_cast<std::uint64_t>(usec);
}

}  // namespace

IoWatch::~IoWatch() = default;

void IoWatch::SetEvents(std::uint32_t events) {
  if (events == events_) return;
  events_ = events;
  sd_event_source_set_io_events(source_.get(), events);
}

int IoWatch::OnReady(sd_event_source*, int, std::uint32_t events, void* self) {
  // A copy: the callback may destroy the watch.
  Callback callback = static_cast<IoWatch*>(self)->callback_;
  callback(events);
  return 0;
}

Timer::~Timer() = default;

void Timer::Arm(TimePoint at) {
  if (armed_ && at == at_) return;
  at_ = at;
  sd_event_source_set_time(source_.get(), ToMonotonicUsec(at));
  if (!armed_) sd_event_source_set_enabled(source_.get(), SD_EVENT_ONESHOT);
  armed_ = true;
}

void Timer::Disarm() {
  if (!armed_) return;
  armed_ = false;
  sd_event_source_set_enabled(source_.get(), SD_EVENT_OFF);
}

int Timer::OnDue(sd_event_source*, std::uint64_t, void* self) {
  auto* timer = static_cast<Timer*>(self);
  timer->armed_ = false;
  Callback callback = timer->callback_;
  callback();
  return 0;
}

SignalWatch::~SignalWatch() = default;

int SignalWatch::OnSignal(sd_event_source*, const struct signalfd_siginfo*, void* self) {
  Callback callback = static_cast<SignalWatch*>(self)->callback_;
  callback();
  return 0;
}

TurnHook::~TurnHook() {
  for (auto* list : {&loop_.requested_, &loop_.running_})
    std::replace(list->begin(), list->end(), this, static_cast<TurnHook*>(nullptr));
}

void TurnHook::Request() {
  if (requested_) return;
  requested_ = true;
  loop_.requested_.push_back(this);
}

Result<std::unique_ptr<Loop>> Loop::Create() {
  std::unique_ptr<Loop> loop(new Loop);
  sd_event* event = nullptr;
  if (int r = sd_event_new(&event); r < 0) return FailErrno("cannot make an event loop", -r);
  loop->event_.reset(event);
  loop->wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!loop->wake_) return FailErrno("cannot make an eventfd");
  Loop* self = loop.get();
  loop->wake_watch_ =
      TRY(self->AddIo(self->wake_.get(), EPOLLIN, [self](std::uint32_t) { self->RunPosted(); }));
  return loop;
}

Loop::~Loop() = default;

Result<std::unique_ptr<IoWatch>> Loop::AddIo(int fd, std::uint32_t events,
                                             IoWatch::Callback callback) {
  std::unique_ptr<IoWatch> watch(new IoWatch(std::move(callback), events));
  sd_event_source* source = nullptr;
  if (int r = sd_event_add_io(event_.get(), &source, fd, events, &IoWatch::OnReady, watch.get());
      r < 0)
    return FailErrno("cannot watch a descriptor", -r);
  watch->source_.reset(source);
  return watch;
}

std::unique_ptr<Timer> Loop::AddTimer(Timer::Callback callback,
                                      std::chrono::microseconds accuracy) {
  std::unique_ptr<Timer> timer(new Timer(std::move(callback)));
  sd_event_source* source = nullptr;
  // It fails only for lack of memory, and that ends the process in any case.
  if (sd_event_add_time(event_.get(), &source, CLOCK_MONOTONIC, 0,
                        static_cast<std::uint64_t>(accuracy.count()), &Timer::OnDue,
                        timer.get()) < 0)
    std::abort();
  sd_event_source_set_enabled(source, SD_EVENT_OFF);
  timer->source_.reset(source);
  return timer;
}

Result<std::unique_ptr<SignalWatch>> Loop::AddSignal(int signal, SignalWatch::Callback callback) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  if (int err = pthread_sigmask(SIG_BLOCK, &set, nullptr); err != 0)
    return FailErrno("cannot block a signal", err);
  std::unique_ptr<SignalWatch> watch(new SignalWatch(std::move(callback)));
  sd_event_source* source = nullptr;
  if (int r =
          sd_event_add_signal(event_.get(), &source, signal, &SignalWatch::OnSignal, watch.get());
      r < 0)
    return FailErrno("cannot watch a signal", -r);

  watch->source_.reset(source);
  return watch;
}

std::unique_ptr<TurnHook> Loop::AddTurnHook(TurnHook::Callback callback) {
  return std::unique_ptr<TurnHook>(new TurnHook(*this, std::move(callback)));
}

void Loop::Post(std::function<void()> callback) {
  {
    std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(callback));
    if (posted_.size() > 1) return;  // the wake-up has been sent
  }
  std::uint64_t one = 1;
  [[maybe_unused]] auto written = ::write(wake_.get(), &one, sizeof one);
}

void Loop::Defer(std::function<void()> callback) { deferred_.push_back(std::move(callback)); }

Result<> Loop::EnableWatchdog() {
  if (int r = sd_event_set_watchdog(event_.get(), 1); r < 0)
    return FailErrno("cannot serve the watchdog", -r);
  return {};
}

Result<int> Loop::Run() {
  while (!exiting_) TRY(Turn(kForever));
  return exit_code_;
}

void Loop::Exit(int code) {
  exiting_ = true;
  exit_code_ = code;
}

Result<bool> Loop::RunOnce(Duration timeout) {
  auto usec = std::chrono::ceil<std::chrono::microseconds>(timeout).count();
  return Turn(static_cast<std::uint64_t>(std::max<std::int64_t>(usec, 0)));
}

Result<bool> Loop::Turn(std::uint64_t timeout_usec) {
  bool waits = requested_.empty() && deferred_.empty();
  bool any = TRY(Dispatch(waits ? timeout_usec : 0));
  RunDeferred();
  for (int i = 1; any && i < kMaxDispatchesPerTurn && !exiting_; ++i) {
    // There is nothing to flush, so the next turn may wait.
    if (requested_.empty()) break;
    if (!TRY(Dispatch(0))) break;
    RunDeferred();
  }
  RunHooks();
  return any || !waits;
}

Result<bool> Loop::Dispatch(std::uint64_t timeout_usec) {
  int r = sd_event_run(event_.get(), timeout_usec);
  if (r < 0 && r != -EINTR) return FailErrno("the event loop failed", -r);
  return r > 0;
}

void Loop::RunDeferred() {
  // What a deferred callback defers runs in this turn, too; a chain without end would be our
  // mistake.
  for (std::size_t i = 0; i < deferred_.size(); ++i) {
    auto callback = std::move(deferred_[i]);
    callback();
  }
  deferred_.clear();
}

void Loop::RunHooks() {
  running_.swap(requested_);
  for (std::size_t i = 0; i < running_.size(); ++i) {
    TurnHook* hook = running_[i];
    if (hook == nullptr) continue;
    hook->requested_ = false;
    auto callback = hook->callback_;
    callback();
  }
  running_.clear();
}

void Loop::RunPosted() {
  std::uint64_t count;
  [[maybe_unused]] auto got = ::read(wake_.get(), &count, sizeof count);
  std::vector<std::function<void()>> ready;
  {
    std::lock_guard lock(posted_mutex_);
    ready.swap(posted_);
  }
  for (auto& callback : ready) callback();
}

}  // namespace funnel::event
