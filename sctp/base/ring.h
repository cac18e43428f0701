// A queue in one block of memory whose elements keep their number for as long as they live: the
// first ever pushed is 0. Grows by doubling; a large block is given back when the queue becomes
// empty.
#pragma once

#include <cassert>
#include <cstdint>
#include <utility>
#include <vector>

namespace sctp {

template <typename T>
class Ring {
 public:
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }
  // Numbers of the first element, and of the next to come.
  [[nodiscard]] std::uint64_t begin_number() const { return begin_; }
  [[nodiscard]] std::uint64_t end_number() const { return end_; }
  [[nodiscard]] bool Contains(std::uint64_t number) const {
    return number >= begin_ && number < end_;
  }

  [[nodiscard]] T& operator[](std::uint64_t number) {
    assert(Contains(number));
    return slots_[number & (slots_.size() - 1)];
  }
  [[nodiscard]] const T& operator[](std::uint64_t number) const {
    assert(Contains(number));
    return slots_[number & (slots_.size() - 1)];
  }
  [[nodiscard]] T& front() { return (*this)[begin_]; }
  [[nodiscard]] const T& front() const { return (*this)[begin_]; }
  [[nodiscard]] T& back() { return (*this)[end_ - 1]; }
  [[nodiscard]] const T& back() const { return (*this)[end_ - 1]; }

  T& push_back(T value) {
    if (size() == slots_.size()) Grow();
    T& slot = slots_[end_++ & (slots_.size() - 1)];
    slot = std::move(value);
    return slot;
  }
  void pop_front() { pop_front(1); }
  void pop_front(std::size_t count) {
    assert(count <= size());
    begin_ += count;
    if (empty() && slots_.size() > kKept) slots_ = std::vector<T>();
  }
  // Elements that there is memory for.
  [[nodiscard]] std::size_t capacity() const { return slots_.size(); }
  static constexpr std::size_t kKept = 1024;

 private:
  void Grow() {
    std::vector<T> larger(slots_.empty() ? 16 : 2 * slots_.size());
    for (std::uint64_t i = begin_; i != end_; ++i)
      larger[i & (larger.size() - 1)] = std::move(slots_[i & (slots_.size() - 1)]);
    slots_ = std::move(larger);
  }

  std::vector<T> slots_;
  std::uint64_t begin_ = 0, end_ = 0;
};

}  // namespace sctp
