#include "funnel-sctpd/channel/stream_map.h"

#include <algorithm>
#include <cassert>

namespace funnel::sctpd {
namespace {

std::uint16_t FirstOf(Parity parity) {
  return static_cast<std::uint16_t>(StreamMap::kFirstDynamic + (parity == Parity::kOdd ? 1 : 0));
}

}  // namespace

StreamMap::StreamMap(std::uint16_t count, Parity ours)
    : users_(std::max<std::uint16_t>(count, 1)), ours_(ours), next_(FirstOf(ours)) {}

std::optional<StreamId> StreamMap::FindFree() {
  std::uint16_t first = FirstOf(ours_);
  if (first >= users_.size()) return std::nullopt;
  std::size_t candidates = (users_.size() - first + 1) / 2;
  for (std::size_t i = 0; i < candidates; ++i) {
    std::uint16_t candidate = next_;
    next_ = candidate + 2u < users_.size() ? static_cast<std::uint16_t>(candidate + 2) : first;
    if (users_[candidate] == nullptr) return StreamId(candidate);
  }
  return std::nullopt;
}

bool StreamMap::PeerMayOpen(StreamId stream) const {
  if (!Exists(stream)) return false;
  if (stream.value() < kFirstDynamic) return true;
  bool odd = stream.value() % 2 == 1;
  return odd != (ours_ == Parity::kOdd);
}

void StreamMap::Take(StreamId stream, Channel& user) {
  assert(Exists(stream) && users_[stream.value()] == nullptr);
  users_[stream.value()] = &user;
  ++in_use_;
}

void StreamMap::Free(StreamId stream) {
  assert(Exists(stream) && users_[stream.value()] != nullptr);
  users_[stream.value()] = nullptr;
  --in_use_;
}

}  // namespace funnel::sctpd
