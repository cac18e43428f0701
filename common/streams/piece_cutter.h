// The user messages that an association has received, on their way into a session: as pieces, each
// with the order that SCTP gives it and no more.
//
// An ordered message follows the last one of its stream; an unordered one follows nothing. A
// message that is longer than one MESSAGE goes in several, each of which follows the one before it;
// of each stream one ordered and one unordered such message is under way at a time. Streams take
// turns, a piece each: a long message holds up nothing but its own stream.
//
// The far end holds what has begun and not ended, so a long message begins only where it fits what
// both ends allow for that (wire::kMaxUnfinished); short ones always go.
//
// One a direction of an association; owned by it. No I/O: pieces go to an Output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <utility>

#include "common/base/bytes.h"
#include "common/streams/user_message.h"
#include "common/wire/frame/types.h"

namespace funnel::streams {

class PieceCutter {
 public:
  // The session: wire::Channel, seen from here.
  class Output {
   public:
    virtual ~Output() = default;
    // How long a message may be to go in one MESSAGE; 0: none is taken now.
    [[nodiscard]] virtual std::size_t Room() = 0;
    // Sends MESSAGE, which is no longer than that. AFTER: which one it follows, with kFollows.
    // Returns its number; nullopt: it was not taken.
    [[nodiscard]] virtual std::optional<std::uint64_t> Send(ByteView message, wire::Order order,
                                                            std::uint64_t after) = 0;
  };

  PieceCutter() = default;
  PieceCutter(const PieceCutter&) = delete;
  PieceCutter& operator=(const PieceCutter&) = delete;

  // False: it is empty, or too long to be carried.
  [[nodiscard]] bool Add(UserMessage message);
  // Sends as much as OUTPUT takes.
  void Send(Output& output);

  // What waits; the owner reads no more from the association while that is a lot.
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }
  [[nodiscard]] bool empty() const { return turns_.empty() && waiting_.empty(); }

 private:
  // The messages of a stream that are ordered, or those that are not.
  struct Lane {
    std::list<UserMessage> messages;
    std::size_t sent = 0;               // bytes of the first message
    bool is_long = false;               // it has begun, and counts in unfinished_
    std::optional<std::uint64_t> last;  // the piece that the next one follows
  };
  using LaneName = std::pair<std::uint16_t, bool>;  // stream, unordered

  // Whether the next piece of LANE may go; ROOM: how many bytes it may have.
  [[nodiscard]] bool MayGo(const Lane& lane, std::size_t room) const;
  // False: OUTPUT did not take it.
  [[nodiscard]] bool SendPiece(const LaneName& name, Lane& lane, std::size_t room, Output& output);
  // The first message of LANE has been sent.
  void Finish(Lane& lane);

  std::map<LaneName, Lane> lanes_;
  std::deque<LaneName> turns_;    // have something to send
  std::deque<LaneName> waiting_;  // have to wait with a long message until others have ended
  std::size_t unfinished_ = 0;    // sizes of the long messages that have begun
  std::size_t queued_bytes_ = 0;
  Bytes piece_;
};

}  // namespace funnel::streams
