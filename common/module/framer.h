// What an application sends, cut into messages with the order that each needs. No I/O, no clock:
// the owner appends what it has read, takes piece by piece, and reports when one is sent, and when
// an unfinished message has waited for long enough. Owned by a Conversation.
//
//   a whole message of up to 32 KiB      one piece, with its own order
//   small messages that are there        one piece, in their order
//   together and need the same before
//   a longer message                     pieces of one unit, as they come
//   one that has waited too long         what is there, as the first piece of its unit; a barrier
//                                        where the module cannot frame it yet
//   the module says stream, or errs      bytes, in order after all messages
//   the end of input                     an empty piece closes an open unit; the rest is bytes
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
  // A longer message is not collected as a whole.
  static constexpr std::size_t kWholeMax = 32 * 1024;
  // Messages that are joined are no longer than this together. It fits in one packet on any path
  // (IPv6 carries 1,280 bytes; all headers and the seal take less than 200). Separate messages
  // would travel in the same packet, too, so either way all of them are lost together. Separate
  // ones would each cost a record here, and at the far end a send() and thus a packet of TCP.
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
    ByteView bytes;       // valid until the next call that is not const
    wire::Order order = wire::Order::kOrdered;
    std::uint64_t after = 0;  // kFollows
    bool more = false;        // the unit goes on
    bool empty = true;        // there is nothing to send now
    // With a message's first piece: the labels of that message and of those that are joined to it,
    // if the module gave them.
    std::span<const Label> labels;
  };

  // CONNECTION outlives this.
  explicit Framer(ModuleConnection& connection) : connection_(connection) {}

  void Append(ByteView bytes);
  [[nodiscard]] Piece Next();
  // COUNT bytes of a stream's piece that Next() returned were sent.
  void SentBytes(std::size_t count);
  // The message that Next() returned was sent. LAST is its number, or that of its last piece.
  void SentMessage(std::uint64_t last);

  // The unfinished message has waited for long enough.
  void Release() { released_ = true; }
  // Whether unfinished input is held, when Next() returns nothing.
  [[nodiscard]] bool IsHolding() const { return !stream_ && unsent() > 0; }
  // The rest is bytes: the input has ended, or the other direction does not follow the protocol.
  void BeginStream();

  [[nodiscard]] bool is_stream() const { return stream_; }
  // What it read does not follow the protocol.
  [[nodiscard]] bool mismatch() const { return mismatch_; }
  // How many bytes were appended and not sent.
  [[nodiscard]] std::size_t unsent() const { return buffer_.size() - begin_ - shown_; }

 private:
  // Asks the module about what begins here. False: the module says nothing new.
  [[nodiscard]] bool Classify();
  // What the module says about BYTES.
  [[nodiscard]] funnel_verdict Ask(ByteView bytes);
  // VERDICT frames what begins here: the next part of the open unit, or a new message.
  void BeginPart(const funnel_verdict& verdict);
  void BeginMessage(const funnel_verdict& verdict);
  // Joins to the message that begins here those after it that may be sent with it.
  void Join();
  // Makes a piece of BYTES; MORE: the unit continues after it.
  [[nodiscard]] Piece Offer(ByteView bytes, bool more);
  // Offers more of the part that is framed, if it need not wait.
  [[nodiscard]] Piece OfferPart();
  // Offers a piece of the bytes that the module cannot frame yet.
  [[nodiscard]] Piece OfferUnframed();
  // When all was sent, frees memory that an idle connection should not keep.
  void Trim();
  [[nodiscard]] ByteView pending() const { return ByteView(buffer_).subspan(begin_); }
  void AddMessage(const funnel_verdict& verdict);
  [[nodiscard]] Dependencies dependencies() const { return {order_, keys_}; }

  ModuleConnection& connection_;
  OrderLedger ledger_;
  Bytes buffer_;
  std::size_t begin_ = 0;  // the first byte that is not framed or not sent
  std::size_t shown_ = 0;  // of these, how many were sent before the module could frame them
  std::size_t asked_ = 0;  // of these, how many the module has seen without framing them
  // The verdict on what follows the piece that is being sent: it could not be joined.
  std::optional<funnel_verdict> kept_;

  // The unit that is being sent.
  std::uint64_t left_ = 0;  // what remains of its present part
  bool part_more_ = false;  // the module has announced another part after it
  bool open_ = false;       // its last piece promised more
  funnel_order order_ = FUNNEL_BY_KEYS;
  std::vector<funnel_key> keys_;  // those of all joined messages
  std::vector<Label> labels_;
  OrderLedger::Decision decision_;
  std::uint64_t unit_first_ = 0;   // number of its first piece
  std::uint64_t next_number_ = 0;  // of the next message

  // What Next() returned.
  std::size_t offered_ = 0;
  bool offered_more_ = false, offered_unframed_ = false;

  bool released_ = false;
  bool stream_ = false;
  bool mismatch_ = false;
};

}  // namespace funnel::module
