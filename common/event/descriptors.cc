#include "common/event/descriptors.h"

#include <sys/epoll.h>

#include <array>
#include <cassert>
#include <utility>

namespace funnel::event {

Registration::Registration(Registration&& other) noexcept
    : set_(std::exchange(other.set_, nullptr)), slot_(other.slot_) {}

Registration& Registration::operator=(Registration&& other) noexcept {
  if (this != &other) {
    Remove();
    set_ = std::exchange(other.set_, nullptr);
    slot_ = other.slot_;
  }
  return *this;
}

void Registration::SetEvents(std::uint32_t events) {
  if (set_ != nullptr) set_->SetEvents(slot_, events);
}

void Registration::Remove() {
  if (set_ != nullptr) std::exchange(set_, nullptr)->Remove(slot_);
}

Result<std::unique_ptr<EpollSet>> EpollSet::Create(Loop& loop) {
  std::unique_ptr<EpollSet> set(new EpollSet);
  set->epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!set->epoll_) return FailErrno("cannot make an epoll set");
  EpollSet* self = set.get();
  set->watch_ =
      TRY(loop.AddIo(self->epoll_.get(), EPOLLIN, [self](std::uint32_t) { self->Drain(); }));
  return set;
}

namespace {
epoll_event MakeEvent(std::uint32_t events, std::uint32_t slot, std::uint32_t generation) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = std::uint64_t{generation} << 32 | slot;
  return event;
}
}  // namespace

Result<Registration> EpollSet::Add(int fd, std::uint32_t events, DescriptorHandler& handler) {
  bool fresh = free_.empty();
  std::uint32_t index = fresh ? static_cast<std::uint32_t>(slots_.size()) : free_.back();
  std::uint32_t generation = fresh ? 0 : slots_[index].generation;
  epoll_event event = MakeEvent(events, index, generation);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0)
    return FailErrno("cannot watch a descriptor");
  if (fresh)
    slots_.emplace_back();
  else
    free_.pop_back();
  slots_[index] = {&handler, fd, generation, events};
  return Registration(this, index);
}

void EpollSet::SetEvents(std::uint32_t index, std::uint32_t events) {
  Slot& slot = slots_[index];
  if (slot.events == events) return;
  slot.events = events;
  epoll_event event = MakeEvent(events, index, slot.generation);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, slot.fd, &event);
}

void EpollSet::Remove(std::uint32_t index) {
  Slot& slot = slots_[index];
  assert(slot.handler != nullptr);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, slot.fd, nullptr);
  slot.handler = nullptr;
  slot.fd = -1;
  ++slot.generation;
  free_.push_back(index);
}

void EpollSet::Drain() {
  std::array<epoll_event, kBatch> batch;
  for (int handled = 0; handled < kBudget; handled += kBatch) {
    int count = ::epoll_wait(epoll_.get(), batch.data(), kBatch, 0);
    for (int i = 0; i < count; ++i) {
      auto index = static_cast<std::uint32_t>(batch[i].data.u64);
      auto generation = static_cast<std::uint32_t>(batch[i].data.u64 >> 32);
      const Slot& slot = slots_[index];
      if (slot.handler != nullptr && slot.generation == generation)
        slot.handler->OnReady(batch[i].events);
    }
    if (count < kBatch) return;
  }
}

}  // namespace funnel::event
