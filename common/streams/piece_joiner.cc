#include "common/streams/piece_joiner.h"

namespace funnel::streams {

PieceJoiner::~PieceJoiner() { budget_.GiveBack(held_); }

std::unexpected<PieceJoiner::Refusal> PieceJoiner::Refuse(wire::EndCode code, std::string text) {
  return std::unexpected(Refusal{code, std::move(text)});
}

std::expected<std::optional<PieceJoiner::Whole>, PieceJoiner::Refusal> PieceJoiner::Offer(
    ByteView message) {
  const auto piece = wire::StreamPiece::Parse(message);
  if (!piece) return Refuse(wire::EndCode::kProtocol, piece.error().message);
  if (piece->stream >= streams_)
    return Refuse(wire::EndCode::kProtocol, "a piece is of a stream that there is not");
  if (!piece->is_whole()) return Join(*piece);

  // An ordered one follows the last piece of the one before it.
  if (!piece->unordered && lanes_.contains({piece->stream, false}))
    return Refuse(wire::EndCode::kProtocol, "a message begins within another one");
  return Whole{piece->stream, piece->identifier, piece->unordered, {}, piece->bytes};
}

std::expected<std::optional<PieceJoiner::Whole>, PieceJoiner::Refusal> PieceJoiner::Join(
    const wire::StreamPiece& piece) {
  const LaneName name{piece.stream, piece.unordered};
  const auto found = lanes_.find(name);
  if ((found == lanes_.end()) != piece.first)
    return Refuse(wire::EndCode::kProtocol, piece.first ? "a message begins within another one"
                                                        : "a message has no beginning");

  if (found != lanes_.end()) {
    const Lane& lane = found->second;
    if (lane.identifier != piece.identifier)
      return Refuse(wire::EndCode::kProtocol, "a message changes its identifier");
    if (lane.bytes.size() + piece.bytes.size() > wire::kMaxUserMessage)
      return Refuse(wire::EndCode::kProtocol, "a message is too long");
    // It stays here until it has been sent: Offer() may be asked again.
    if (piece.last)
      return Whole{piece.stream, piece.identifier, piece.unordered, lane.bytes, piece.bytes};
  }

  const std::size_t cost = piece.bytes.size() + (piece.first ? wire::kUnfinishedCost : 0);
  if (held_ + cost > wire::kMaxHeldUnfinished)
    return Refuse(wire::EndCode::kProtocol, "too much has begun and not ended");
  if (!budget_.Take(cost))
    return Refuse(wire::EndCode::kLimit, "no room for messages that have begun and not ended");
  held_ += cost;
  Lane& lane = lanes_[name];
  lane.identifier = piece.identifier;
  lane.bytes.insert(lane.bytes.end(), piece.bytes.begin(), piece.bytes.end());
  return std::nullopt;
}

void PieceJoiner::Done(const Whole& whole) {
  if (whole.begin.empty()) return;
  const auto lane = lanes_.find({whole.stream, whole.unordered});
  const std::size_t cost = lane->second.bytes.size() + wire::kUnfinishedCost;
  held_ -= cost;
  budget_.GiveBack(cost);
  lanes_.erase(lane);
}

}  // namespace funnel::streams
