// What an application sends, cut into messages with the order that each needs. No I/O, no clock:
// the owner appends what it has read, takes piece by piece and says when one is sent, and when the
// time for which an unfinished message may wait is over. Owned by a Conversation.
//
//   a whole message of up to 32 KiB    one piece, by its own order
//   small ones that are there together and need the same before them    one piece, in their order
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
#include <optional>
#include <span>
#include <vector>

#include "common/base/bytes.h"
#include "common/module/module_connection.h"
#include "common/module/order_ledger.h"
#include "common/wire/frame/types.h"

namespace funnel::module {

class Framer {
 public:
  // A longer message is not waited for.
  static constexpr std::size_t kWholeMax = 32 * 1024;
  // Messages that go as one are no longer than this together. It fits in one packet on any path
  // (IPv6 carries 1,280 bytes, of which all headers, the seal's among them, take less than 200), in
  // which they would travel apart, too: what is lost with one is lost with the others either way.
  // Apart each costs a record here, and at the far end a send() and so a packet of TCP.
  static constexpr std::size_t kJoinedMax = 1024;

  // What a module calls a message, for the trace.
  struct Label {
    const char* text = nullptr;
    std::uint64_t number = 0;
    bool numbered = false;
  };

  // What is to be sent next.
  struct Piece {
    bool stream = false;  // bytes of a stream; else a message, or a piece of a unit
    ByteView bytes;       // until the next call of anything but a const one
    wire::Order order = wire::Order::kOrdered;
    std::uint64_t after = 0;  // kFollows
    bool more = false;        // the unit goes on
    bool empty = true;        // there is nothing to send now
    // With a message's first piece: the labels of that message and of those that go as one with it,
    // if the module gave them.
    std::span<const Label> labels;
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
  // What the module says of BYTES.
  [[nodiscard]] funnel_verdict Ask(ByteView bytes);
  void BeginPart(const funnel_verdict& verdict);
  void BeginMessage(const funnel_verdict& verdict);
  // Adds to the message that begins here those behind it that may go as one with it.
  void Join();
  [[nodiscard]] Piece Offer(ByteView bytes, bool more);
  // More of the part that is framed, if it need not wait.
  [[nodiscard]] Piece OfferPart();
  // A piece of the bytes that the module cannot frame yet.
  [[nodiscard]] Piece OfferUnframed();
  void Trim();
  [[nodiscard]] ByteView pending() const { return ByteView(buffer_).subspan(begin_); }
  void AddMessage(const funnel_verdict& verdict);
  [[nodiscard]] Dependencies dependencies() const { return {order_, keys_}; }

  ModuleConnection& connection_;
  OrderLedger ledger_;
  Bytes buffer_;
  std::size_t begin_ = 0;  // of what is neither framed nor, if it is, sent
  std::size_t shown_ = 0;  // of that, how much has gone out before the module could frame it
  std::size_t asked_ = 0;  // of that, how much the module has seen, in vain
  // About what comes behind what is being sent: it could not be joined.
  std::optional<funnel_verdict> kept_;

  // The unit that is being sent.
  std::uint64_t left_ = 0;  // of its present part
  bool part_more_ = false;  // the module has said that another part follows that one
  bool open_ = false;       // its last piece promised more
  funnel_order order_ = FUNNEL_BY_KEYS;
  std::vector<funnel_key> keys_;  // of all that go as one
  std::vector<Label> labels_;
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
