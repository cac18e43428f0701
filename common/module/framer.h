// What an application sends, cut into messages with the order that each needs. No I/O, no clock:
// the owner appends what it has read, takes piece by piece and says when one is sent, and when the
// time for which an unfinished message may wait is over. Owned by a Conversation.
//
//   a whole message of up to 32 KiB    one piece, by its own order
//   a longer one                       pieces of one unit, as they come
//   held for too long                  what is there of a message, as the first piece of its unit.
//   Where
//                                      the module cannot tell yet what it is: of a barrier
//   the module says stream, or errs    bytes, in order behind all messages
//   the end of input                   an open unit is closed by an empty piece; the rest is bytes
//
// Once it is a stream it stays one.
#pragma once

#include <cstdint>

#include "common/base/bytes.h"
#include "common/module/module_connection.h"
#include "common/module/order_ledger.h"
#include "common/wire/frame/types.h"

namespace funnel::module {

class Framer {
 public:
  // A longer message is not waited for.
  static constexpr std::size_t kWholeMax = 32 * 1024;

  // What is to be sent next.
  struct Piece {
    bool stream = false;  // bytes of a stream; else a message, or a piece of a unit
    ByteView bytes;       // until the next call of anything but a const one
    wire::Order order = wire::Order::kOrdered;
    std::uint64_t after = 0;  // kFollows
    bool more = false;        // the unit goes on
    bool empty = true;        // there is nothing to send now
    // Of a message's first piece, for counters and trace; label nullptr: the module gave none.
    bool first = false;
    bool barrier = false;
    const char* label = nullptr;
    std::uint64_t number = 0;
    bool numbered = false;
  };

  // CONNECTION outlives it.
  explicit Framer(ModuleConnection& connection) : connection_(connection) {}

  void Append(ByteView bytes);
  [[nodiscard]] Piece Next();
  // COUNT bytes of a stream's piece that Next() gave were sent.
  void SentBytes(std::size_t count);
  // The message that Next() gave was sent; LAST: its number, or that of its last piece.
  void SentMessage(std::uint64_t last);

  // The unfinished message has waited for long enough.
  void Release() { released_ = true; }
  // Whether something waits for more to come, once Next() gives nothing.
  [[nodiscard]] bool IsHolding() const { return !stream_ && unsent() > 0; }
  // From here on bytes: the end of input, or because the other direction is not the protocol.
  void BeginStream();

  [[nodiscard]] bool is_stream() const { return stream_; }
  // What it read is not the protocol.
  [[nodiscard]] bool mismatch() const { return mismatch_; }
  // Bytes that were appended and not sent.
  [[nodiscard]] std::size_t unsent() const { return buffer_.size() - begin_ - shown_; }

 private:
  // Asks the module about what begins here. False: nothing new came of it.
  [[nodiscard]] bool Classify();
  void BeginPart(const funnel_verdict& verdict);
  [[nodiscard]] Piece Offer(ByteView bytes, bool more);
  // More of the part that is framed, if it need not wait.
  [[nodiscard]] Piece OfferPart();
  // Of bytes that the module cannot frame yet.
  [[nodiscard]] Piece OfferUnframed();
  void Trim();
  [[nodiscard]] ByteView pending() const { return ByteView(buffer_).subspan(begin_); }
  [[nodiscard]] Dependencies dependencies() const {
    return {static_cast<funnel_order>(verdict_.order), {verdict_.keys, verdict_.key_count}};
  }

  ModuleConnection& connection_;
  OrderLedger ledger_;
  Bytes buffer_;
  std::size_t begin_ = 0;  // of what is neither framed nor, if it is, sent
  std::size_t shown_ = 0;  // of that, how much has gone out before the module could frame it
  std::size_t asked_ = 0;  // of that, how much the module has seen, in vain

  // The unit that is being sent.
  std::uint64_t left_ = 0;  // of its present part
  bool part_more_ = false;  // the module has said that another part follows that one
  bool open_ = false;       // its last piece promised more
  funnel_verdict verdict_{};
  OrderLedger::Decision decision_;
  std::uint64_t unit_first_ = 0;   // number of its first piece
  std::uint64_t next_number_ = 0;  // of the next message

  // What Next() gave.
  std::size_t offered_ = 0;
  bool offered_more_ = false, offered_unframed_ = false;

  bool released_ = false;
  bool stream_ = false;
  bool mismatch_ = false;
};

}  // namespace funnel::module
