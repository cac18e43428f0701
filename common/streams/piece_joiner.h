// Pieces that have come in a session, on their way to an association: as user messages again.
//
// The channel delivers them in the order that they need. A whole message passes through; of a
// longer one the pieces are kept until the last has come, because an association takes messages
// whole, and because other streams' messages come in between. What one direction of a session may
// hold is part of the protocol (wire::kMaxHeldUnfinished); what all of them hold together is the
// edge's to limit.
//
// One a direction of an association; owned by it. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/base/bytes.h"
#include "common/wire/frame/stream_piece.h"
#include "common/wire/frame/types.h"

namespace funnel::streams {

// What all joiners of an edge may hold together. It outlives them.
class JoinBudget {
 public:
  explicit JoinBudget(std::size_t most) : most_(most) {}
  [[nodiscard]] bool Take(std::size_t count) {
    if (used_ + count > most_) return false;
    used_ += count;
    return true;
  }
  void GiveBack(std::size_t count) { used_ -= count; }
  void SetMost(std::size_t most) { most_ = most; }
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  std::size_t most_;
  std::size_t used_ = 0;
};

class PieceJoiner {
 public:
  // STREAMS: how many the direction has.
  PieceJoiner(std::uint32_t streams, JoinBudget& budget) : streams_(streams), budget_(budget) {}
  ~PieceJoiner();
  PieceJoiner(const PieceJoiner&) = delete;
  PieceJoiner& operator=(const PieceJoiner&) = delete;

  // A user message to be sent, in two parts, of which the first may be empty.
  struct Whole {
    std::uint16_t stream = 0;
    std::uint32_t identifier = 0;
    bool unordered = false;
    ByteView begin, rest;
    [[nodiscard]] std::size_t size() const { return begin.size() + rest.size(); }
  };
  // Why the session has to be reset.
  struct Refusal {
    wire::EndCode code = wire::EndCode::kProtocol;
    std::string text;
  };
  // The next delivered message of the session. nullopt: it was kept. Otherwise a user message is
  // whole: once it has been sent call Done(); if it cannot be sent now, offer the same message
  // again later, or another before it. The parts are valid until then.
  [[nodiscard]] std::expected<std::optional<Whole>, Refusal> Offer(ByteView message);
  void Done(const Whole& whole);

  // Whether a message has begun and not ended: the session may not end so.
  [[nodiscard]] bool has_unfinished() const { return !lanes_.empty(); }

 private:
  // A message that has begun.
  struct Lane {
    std::uint32_t identifier = 0;
    Bytes bytes;
  };
  using LaneName = std::pair<std::uint16_t, bool>;  // stream, unordered

  [[nodiscard]] std::expected<std::optional<Whole>, Refusal> Join(const wire::StreamPiece& piece);
  [[nodiscard]] static std::unexpected<Refusal> Refuse(wire::EndCode code, std::string text);

  const std::uint32_t streams_;
  JoinBudget& budget_;
  std::map<LaneName, Lane> lanes_;
  std::size_t held_ = 0;  // with the cost of holding
};

}  // namespace funnel::streams
