// Many descriptors as one source of the loop, for the sockets of flows and sessions: an epoll set
// nested in that of the loop, because sd-event itself walks all its ready sources at each dispatch.
//
// Thread: the loop's. A handler may remove any registration, its own too, and add others: an event
// that was collected for a removed one is dropped, even if its descriptor's number is in use again.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/error.h"
#include "common/base/unique_fd.h"
#include "common/event/loop.h"

namespace funnel::event {

class DescriptorHandler {
 public:
  virtual ~DescriptorHandler() = default;
  // EVENTS as epoll reports them. Level-triggered: what is not read now is reported again.
  virtual void OnReady(std::uint32_t events) = 0;
};

class EpollSet;

// One descriptor's place in the set. Destroy it before the descriptor is closed (declare it after).
class Registration {
 public:
  Registration() = default;
  Registration(Registration&& other) noexcept;
  Registration& operator=(Registration&& other) noexcept;
  ~Registration() { Remove(); }

  explicit operator bool() const { return set_ != nullptr; }
  void SetEvents(std::uint32_t events);
  void Remove();

 private:
  friend class EpollSet;
  Registration(EpollSet* set, std::uint32_t slot) : set_(set), slot_(slot) {}

  EpollSet* set_ = nullptr;
  std::uint32_t slot_ = 0;
};

// Must outlive its registrations.
class EpollSet {
 public:
  // Events that are collected at a time, and dispatched before the loop's other sources get their
  // turn.
  static constexpr int kBatch = 64;
  static constexpr int kBudget = 4 * kBatch;

  [[nodiscard]] static Result<std::unique_ptr<EpollSet>> Create(Loop& loop);

  // HANDLER must outlive the registration.
  [[nodiscard]] Result<Registration> Add(int fd, std::uint32_t events, DescriptorHandler& handler);
  [[nodiscard]] std::size_t size() const { return slots_.size() - free_.size(); }

 private:
  friend class Registration;
  struct Slot {
    DescriptorHandler* handler = nullptr;  // nullptr: free
    int fd = -1;
    std::uint32_t generation = 0;  // distinguishes a slot's successive users
    std::uint32_t events = 0;
  };

  EpollSet() = default;
  void Drain();
  void SetEvents(std::uint32_t slot, std::uint32_t events);
  void Remove(std::uint32_t slot);

  UniqueFd epoll_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::unique_ptr<IoWatch> watch_;
};

}  // namespace funnel::event
