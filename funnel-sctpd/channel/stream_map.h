// The stream pairs of one association: which are in use by which channel, and which node may open
// which (man/funnel-protocol.7, "Association").
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

// Which streams the node OURS opens towards THEIRS; names are compared in byte order.
[[nodiscard]] inline Parity ParityOf(std::string_view ours, std::string_view theirs) {
  return ours < theirs ? Parity::kOdd : Parity::kEven;
}

// Borrows the channels; a channel's stream is freed before the channel is.
class StreamMap {
 public:
  static constexpr std::uint16_t kFirstDynamic = 64;

  // COUNT is the number of usable stream pairs, stream 0 included.
  StreamMap(std::uint16_t count, Parity ours);

  [[nodiscard]] Parity ours() const { return ours_; }
  [[nodiscard]] std::uint16_t count() const { return static_cast<std::uint16_t>(users_.size()); }
  [[nodiscard]] std::size_t in_use() const { return in_use_; }
  // nullptr: it is free, or there is no such stream.
  [[nodiscard]] Channel* At(StreamId stream) const {
    return stream.value() < users_.size() ? users_[stream.value()] : nullptr;
  }
  // A free dynamic stream that we may open. It takes each in turn, so that none is used again soon.
  [[nodiscard]] std::optional<StreamId> FindFree();
  // Whether the peer may open STREAM, if it were free.
  [[nodiscard]] bool PeerMayOpen(StreamId stream) const;
  // STREAM must exist, must not be 0, and must be free.
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
