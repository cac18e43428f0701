// The fragments of one message until it is whole. Those that come in order are appended at once;
// early ones wait next to them.
#pragma once

#include <vector>

#include "sctp/base/buffer_pool.h"
#include "sctp/wire/data_chunk.h"

namespace sctp {

// A fragment's place among those of its message: of I-DATA the FSN, of DATA the TSN, whose first
// value is known only with the first fragment.
using Place = Serial<struct PlaceTag, std::uint32_t>;

class Assembly {
 public:
  enum class Outcome { kTaken, kWhole, kImpossible };
  // kImpossible: two beginnings or ends, a place taken already or beyond the end. Nothing has been
  // changed then.
  Outcome Add(Place place, const DataView& chunk, BufferPool& buffers);

  [[nodiscard]] bool whole() const { return begun_ && ended_ && next_ == end_ + 1; }
  [[nodiscard]] std::uint32_t protocol() const { return protocol_; }
  [[nodiscard]] Bytes& bytes() { return bytes_; }
  // Payload, and what keeping it costs besides.
  [[nodiscard]] std::size_t held_bytes() const { return held_; }
  [[nodiscard]] std::size_t payload_bytes() const { return payload_; }
  // As after construction, to be used again; buffers go back.
  void Reset(BufferPool& buffers);

  static constexpr std::size_t kOverheadBytes = 192, kPieceOverheadBytes = 64;

 private:
  // Room for so many early ones stays when it is used again.
  static constexpr std::size_t kMostSpareEarly = 16;
  struct Piece {
    Place place;
    Bytes bytes;
  };
  // Index of the first early one not before PLACE.
  [[nodiscard]] std::size_t FindEarly(Place place) const;
  [[nodiscard]] bool Possible(Place place, const DataView& chunk) const;
  void AppendEarly(BufferPool& buffers);

  Bytes bytes_;
  std::vector<Piece> early_;  // ascending
  std::uint32_t protocol_ = 0;
  Place next_, end_;
  bool begun_ = false, ended_ = false;
  std::size_t held_ = kOverheadBytes, payload_ = 0;
};

}  // namespace sctp
