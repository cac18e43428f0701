// Times of many owners, the earliest at hand; an owner that has none costs nothing. Owners are
// small numbers.
#pragma once

#include <utility>
#include <vector>

#include "sctp/base/types.h"

namespace sctp {

class TimerHeap {
 public:
  using Owner = std::uint32_t;

  // max(): none.
  void Set(Owner owner, TimePoint time) {
    if (owner >= places_.size()) places_.resize(owner + 1, kNowhere);
    const std::size_t place = places_[owner];
    if (time == TimePoint::max()) {
      if (place != kNowhere) Remove(place);
    } else if (place == kNowhere) {
      heap_.push_back({time, owner});
      places_[owner] = heap_.size() - 1;
      Up(heap_.size() - 1);
    } else {
      const bool earlier = time < heap_[place].time;
      heap_[place].time = time;
      earlier ? Up(place) : Down(place);
    }
  }
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] TimePoint time() const { return empty() ? TimePoint::max() : heap_[0].time; }
  [[nodiscard]] Owner owner() const { return heap_[0].owner; }

 private:
  struct Entry {
    TimePoint time;
    Owner owner;
  };
  static constexpr std::size_t kNowhere = SIZE_MAX;

  void Swap(std::size_t a, std::size_t b) {
    std::swap(heap_[a], heap_[b]);
    places_[heap_[a].owner] = a;
    places_[heap_[b].owner] = b;
  }
  void Up(std::size_t at) {
    for (; at > 0 && heap_[at].time < heap_[(at - 1) / 2].time; at = (at - 1) / 2)
      Swap(at, (at - 1) / 2);
  }
  void Down(std::size_t at) {
    for (;;) {
      std::size_t least = at;
      for (const std::size_t child : {2 * at + 1, 2 * at + 2})
        if (child < heap_.size() && heap_[child].time < heap_[least].time) least = child;
      if (least == at) return;
      Swap(at, least);
      at = least;
    }
  }
  void Remove(std::size_t at) {
    const Owner owner = heap_[at].owner;
    const std::size_t last = heap_.size() - 1;
    if (at != last) Swap(at, last);
    heap_.pop_back();
    places_[owner] = kNowhere;
    if (at == last) return;
    Up(at);
    Down(at);
  }

  std::vector<Entry> heap_;
  std::vector<std::size_t> places_;
};

}  // namespace sctp
