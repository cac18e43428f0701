#include "common/streams/piece_cutter.h"

#include <algorithm>
#include <utility>

#include "common/wire/frame/stream_piece.h"

namespace funnel::streams {
namespace {

std::size_t CostOf(const UserMessage& message) {
  return message.bytes.size() + wire::kUnfinishedCost;
}

}  // namespace

bool PieceCutter::Add(UserMessage message) {
  if (message.bytes.empty() || message.bytes.size() > wire::kMaxUserMessage) return false;
  const LaneName name{message.stream, message.unordered};
  Lane& lane = lanes_[name];
  queued_bytes_ += message.bytes.size();
  lane.messages.push_back(std::move(message));
  // Otherwise it has a place in one of the lines.
  if (lane.messages.size() == 1) turns_.push_back(name);
  return true;
}

void PieceCutter::Send(Output& output) {
  while (!turns_.empty()) {
    const std::size_t whole = output.Room();
    if (whole <= wire::kMaxPieceHeader) return;
    const std::size_t room = whole - wire::kMaxPieceHeader;

    const LaneName name = turns_.front();
    Lane& lane = lanes_.at(name);
    if (!MayGo(lane, room)) {
      turns_.pop_front();
      waiting_.push_back(name);
      continue;
    }
    if (!SendPiece(name, lane, room, output)) return;

    turns_.pop_front();
    if (!lane.messages.empty()) turns_.push_back(name);
  }
}

bool PieceCutter::MayGo(const Lane& lane, std::size_t room) const {
  const UserMessage& message = lane.messages.front();
  const bool begins_long = lane.sent == 0 && message.bytes.size() > room;
  return !begins_long || unfinished_ + CostOf(message) <= wire::kMaxUnfinished;
}

bool PieceCutter::SendPiece(const LaneName& name, Lane& lane, std::size_t room, Output& output) {
  const UserMessage& message = lane.messages.front();
  const ByteView rest = ByteView(message.bytes).subspan(lane.sent);
  const wire::StreamPiece piece{.stream = name.first,
                                .identifier = message.identifier,
                                .unordered = name.second,
                                .first = lane.sent == 0,
                                .last = rest.size() <= room,
                                .bytes = rest.first(std::min(rest.size(), room))};
  piece_.resize(wire::kMaxPieceHeader);
  piece_.resize(
      static_cast<std::size_t>(wire::StorePieceHeader(piece_.data(), piece) - piece_.data()));
  piece_.insert(piece_.end(), piece.bytes.begin(), piece.bytes.end());

  // Short unordered messages have no place in the chain of the long ones.
  const bool is_free = (piece.unordered && piece.is_whole()) || !lane.last;
  const auto number = output.Send(piece_, is_free ? wire::Order::kFree : wire::Order::kFollows,
                                  is_free ? 0 : *lane.last);
  if (!number) return false;

  if (!piece.unordered || !piece.is_whole()) lane.last = number;
  if (piece.first && !piece.last) {
    lane.is_long = true;
    unfinished_ += CostOf(message);
  }
  lane.sent += piece.bytes.size();
  queued_bytes_ -= piece.bytes.size();
  if (piece.last) Finish(lane);
  return true;
}

void PieceCutter::Finish(Lane& lane) {
  if (std::exchange(lane.is_long, false)) {
    unfinished_ -= CostOf(lane.messages.front());
    turns_.insert(turns_.end(), waiting_.begin(), waiting_.end());
    waiting_.clear();
  }
  lane.messages.pop_front();
  lane.sent = 0;
}

}  // namespace funnel::streams
