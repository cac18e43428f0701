#include "common/module/arrival_reader.h"

#include <algorithm>

namespace funnel::module {

void ArrivalReader::Stop() {
  over_ = true;
  skip_ = 0;
  Bytes().swap(head_);
}

bool ArrivalReader::ReadMessage(ByteView bytes) {
  const funnel_verdict verdict = connection_.Read(connection_.far_end(), bytes);
  if (verdict.kind == FUNNEL_NEED_MORE) return false;
  if (verdict.kind == FUNNEL_MESSAGE) {
    skip_ = verdict.length;
    return true;
  }
  mismatch_ = verdict.kind == FUNNEL_MISMATCH;
  Stop();
  return false;
}

void ArrivalReader::ReadHead() {
  while (!head_.empty() && ReadMessage(head_)) {
    const std::size_t count = std::min<std::uint64_t>(skip_, head_.size());
    head_.erase(head_.begin(), head_.begin() + static_cast<std::ptrdiff_t>(count));
    skip_ -= count;
  }
}

void ArrivalReader::Read(ByteView bytes) {
  while (!bytes.empty() && !over_) {
    if (skip_ > 0) {
      const std::size_t count = std::min<std::uint64_t>(skip_, bytes.size());
      skip_ -= count;
      bytes = bytes.subspan(count);
    } else if (!head_.empty()) {
      // The module asks for more only while it has less than that.
      const std::size_t count = std::min(bytes.size(), connection_.head_max() - head_.size());
      head_.insert(head_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
      bytes = bytes.subspan(count);
      ReadHead();
    } else if (!ReadMessage(bytes)) {
      if (!over_) head_.assign(bytes.begin(), bytes.end());
      return;
    }
  }
}

}  // namespace funnel::module
