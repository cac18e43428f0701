#include "sctp/receive/assembly.h"

#include <algorithm>

namespace sctp {

std::size_t Assembly::FindEarly(Place place) const {
  const auto at = std::partition_point(early_.begin(), early_.end(),
                                       [place](const Piece& piece) { return piece.place < place; });
  return static_cast<std::size_t>(at - early_.begin());
}

bool Assembly::Possible(Place place, const DataView& chunk) const {
  const std::size_t at = FindEarly(place);
  if (at < early_.size() && early_[at].place == place) return false;
  if (chunk.begin ? begun_ || at > 0 : begun_ && place < next_) return false;
  if (ended_) return !chunk.end && place < end_;
  return !chunk.end || (at == early_.size() && (!begun_ || place >= next_));
}

Assembly::Outcome Assembly::Add(Place place, const DataView& chunk, BufferPool& buffers) {
  if (!Possible(place, chunk)) return Outcome::kImpossible;

  held_ += chunk.payload.size();
  payload_ += chunk.payload.size();

  if (chunk.end) {
    ended_ = true;
    end_ = place;
  }
  if (chunk.begin) {
    begun_ = true;
    protocol_ = chunk.protocol;
    bytes_ = buffers.Take(chunk.payload.size());
    next_ = place;
  }

  if (begun_ && place == next_) {
    buffers.Grow(bytes_, chunk.payload.size());
    bytes_.insert(bytes_.end(), chunk.payload.begin(), chunk.payload.end());
    ++next_;
    AppendEarly(buffers);
  } else {
    held_ += kPieceOverheadBytes;
    Bytes bytes = buffers.Take(chunk.payload.size());
    bytes.assign(chunk.payload.begin(), chunk.payload.end());
    early_.insert(early_.begin() + static_cast<std::ptrdiff_t>(FindEarly(place)),
                  Piece{place, std::move(bytes)});
  }

  return whole() ? Outcome::kWhole : Outcome::kTaken;
}

void Assembly::AppendEarly(BufferPool& buffers) {
  std::size_t count = 0;
  for (; count < early_.size() && early_[count].place == next_; ++count, ++next_) {
    Bytes& piece = early_[count].bytes;
    buffers.Grow(bytes_, piece.size());
    bytes_.insert(bytes_.end(), piece.begin(), piece.end());
    buffers.Give(std::move(piece));
    held_ -= kPieceOverheadBytes;
  }
  early_.erase(early_.begin(), early_.begin() + static_cast<std::ptrdiff_t>(count));
}

void Assembly::Reset(BufferPool& buffers) {
  buffers.Give(std::move(bytes_));
  bytes_ = {};
  for (Piece& piece : early_) buffers.Give(std::move(piece.bytes));
  early_.clear();
  if (early_.capacity() > kMostSpareEarly) early_ = {};
  begun_ = ended_ = false;
  held_ = kOverheadBytes;
  payload_ = 0;
}

}  // namespace sctp
