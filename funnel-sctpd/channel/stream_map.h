// The stream pairs of one association: which are in use, by which channel, and who may open which
// (man/funnel-protocol.7, "Association").
//
//   stream 0        the authds, for @peer
//   1 .. 63         pinned by configuration; either node may open one
//   64 .. count-1   taken as needed; the node whose name is lower opens the odd ones
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/ids.h"

namespace funnel::sctpd {

class Channel;

enum class Parity : std::uint8_t { kOdd, kEven };

// What the node OURS opens towards THEIRS; names are compared in byte order.
[[nodiscard]] inline Parity ParityOf(std::string_view ours, std::string_view theirs) {
  return ours < theirs ? Parity::kOdd : Parity::kEven;
}

// Borrows the channels; whoever frees a channel frees its stream first.
class StreamMap {
 public:
  static constexpr std::uint16_t kFirstDynamic = 64;

  // COUNT: usable stream pairs, stream 0 included.
  StreamMap(std::uint16_t count, Parity ours);

  [[nodiscard]] Parity ours() const { return ours_; }
  [[nodiscard]] std::uint16_t count() const { return static_cast<std::uint16_t>(users_.size()); }
  [[nodiscard]] std::size_t in_use() const { return in_use_; }
  // nullptr: free, or no such stream.
  [[nodiscard]] Channel* At(StreamId stream) const {
    return stream.value() < users_.size() ? users_[stream.value()] : nullptr;
  }
  // A free dynamic stream that we may open; each in turn, so that one is used again late.
  [[nodiscard]] std::optional<StreamId> FindFree();
  // Whether the peer may open STREAM, were it free.
  [[nodiscard]] bool PeerMayOpen(StreamId stream) const;
  // STREAM exists, is not 0, and is free.
  void Take(StreamId stream, Channel& user);
  void Free(StreamId stream);
  [[nodiscard]] bool Exists(StreamId stream) const {
    return stream.value() != 0 && stream.value() < users_.size();
  }

 private:
  std::vector<Channel*> users_;
  Parity ours_;
  std::size_t in_use_ = 0;
  std::uint16_t next_;
};

}  // namespace funnel::sctpd
