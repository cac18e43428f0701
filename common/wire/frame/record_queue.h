// Control records that wait to be sent, oldest first. What fills it is bounded elsewhere: a few
// records for each session there may be, and one each of the rest.
#pragma once

#include <vector>

#include "common/wire/frame/record.h"

namespace funnel::wire {

class RecordQueue {
 public:
  // Several RECORDS go in one frame.
  template <typename... R>
  void Push(const R&... records) {
    const std::size_t before = bytes_.size();
    (AppendRecord(bytes_, records), ...);
    sizes_.push_back(static_cast<std::uint32_t>(bytes_.size() - before));
  }

  [[nodiscard]] bool empty() const { return first_ == sizes_.size(); }
  [[nodiscard]] std::size_t size() const { return bytes_.size() - begin_; }
  // The first that was pushed; empty view: nothing waits.
  [[nodiscard]] ByteView Front() const {
    return empty() ? ByteView() : ByteView(bytes_).subspan(begin_, sizes_[first_]);
  }
  void Pop() {
    begin_ += sizes_[first_++];
    if (empty()) Clear();
  }
  void Clear() {
    constexpr std::size_t kKeptCapacity = 16 * 1024;
    bytes_.clear();
    sizes_.clear();
    begin_ = first_ = 0;
    if (bytes_.capacity() > kKeptCapacity) {
      bytes_ = Bytes();
      sizes_ = std::vector<std::uint32_t>();
    }
  }

 private:
  Bytes bytes_;
  std::size_t begin_ = 0;
  std::vector<std::uint32_t> sizes_;
  std::size_t first_ = 0;
};

}  // namespace funnel::wire
