// Makes, from the keys of a connection's messages, the order that each message states on the wire
// (modules/module.h; man/funnel-protocol.7, "Order"). There is one for each direction; it sees
// numbers and keys only.
//
// A message may take several numbers (a unit of pieces). A key names the last of them, so that a
// message that follows it follows all of it. What a message needs is stated by FOLLOWS if one
// earlier message implies all of it, else by AFTER_ALL, which is more than is needed. A message
// implies all messages below what it covers, and the nearest few of those that it follows.
// Everything after a barrier follows it: its keys are forgotten, and a message that follows nothing
// later follows the barrier.
//
// Memory is limited: keys are forgotten by the half table. When the young half is full, the message
// at hand becomes a *checkpoint*: it is AFTER_ALL, which by itself delays no other message. The old
// half is forgotten; all of it came before the previous checkpoint, which is now the *floor*: a
// message with an unknown key follows the floor, and so follows all that was forgotten. The floor
// is half a table of keys back, so usually it has been delivered: always, if no more than that is
// on its way.
//
//      ... forgotten ... | floor, old half ... | checkpoint, young half ...
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "common/module/key_table.h"
#include "common/wire/frame/types.h"
#include "modules/module.h"

namespace funnel::module {

// What a module says about one message.
struct Dependencies {
  funnel_order order = FUNNEL_BY_KEYS;
  std::span<const funnel_key> keys;
};

class OrderLedger {
 public:
  static constexpr std::size_t kMaxKeys = 1024;

  // MAX_KEYS counts both halves of the table; the keys of one message always fit.
  explicit OrderLedger(std::size_t max_keys = kMaxKeys) : half_(max_keys / 2) {}

  // The nearest of the messages that a message follows, directly or through another one. Of
  // messages with one key only the last is in it: none before it can be needed again.
  class Followed {
   public:
    // Adds a message that is later than all that are here.
    void Add(std::uint64_t number);
    [[nodiscard]] bool Has(std::uint64_t number) const;
    bool operator==(const Followed&) const = default;

   private:
    std::array<std::uint64_t, 4> numbers_{};  // the nearest first
    std::size_t size_ = 0;
  };

  struct Decision {
    wire::Order order = wire::Order::kFree;
    std::uint64_t after = 0;   // kFollows: the message that it follows
    bool barrier = false;      // the module asked for it
    bool checkpoint = false;   // half of the table was full
    std::uint64_t covers = 0;  // kFollows: all below this is delivered before it
    Followed followed = {};    // kFollows: and these
    bool operator==(const Decision&) const = default;
  };
  // For the message that comes next. It only decides: the message may never be sent.
  [[nodiscard]] Decision Decide(const Dependencies& message) const;
  // Whether MESSAGE may be joined to those right before it, for which DECISION was made and which
  // have KEYS: apart from these, which come before it in the piece, it needs only what they need.
  [[nodiscard]] bool MayJoin(const Decision& decision, std::span<const funnel_key> keys,
                             const Dependencies& message) const;
  // The message was sent as Decide said, with the numbers FIRST to LAST. For joined messages:
  // MESSAGE has the keys of all of them, in their order, and DECISION is that of the first.
  void Record(const Dependencies& message, const Decision& decision, std::uint64_t first,
              std::uint64_t last);

  [[nodiscard]] std::size_t size() const { return young_.size() + old_.size(); }

 private:
  // A message that others may follow: once `last` is delivered, so are all below `covers`, and
  // those that it followed.
  struct Sent {
    std::uint64_t last = 0;
    std::uint64_t covers = 0;
    Followed followed = {};
    std::size_t keys = 0;
  };
  // The uses of a key, as far as they are known. Shared messages come after the exclusive one
  // before them, so a message that follows all of them follows that one, too.
  struct Uses {
    std::optional<Sent> exclusive;
    std::optional<Sent> shared;                // the latest since the last exclusive one
    std::optional<std::uint64_t> also_shared;  // the one before that
  };
  class Needs;

  using Keys = KeyTable<Uses>;

  [[nodiscard]] static KeyName NameOf(const funnel_key& key) { return {key.value, key.space}; }
  // Whether the young half has room for KEYS.
  [[nodiscard]] bool HasPlaceFor(std::span<const funnel_key> keys) const;
  // How many of KEYS are not in the young half; a key that occurs twice counts twice.
  [[nodiscard]] std::size_t CountNew(std::span<const funnel_key> keys) const;
  [[nodiscard]] const Uses* Find(const funnel_key& key) const;
  void AddNeeds(const funnel_key& key, Needs& needs) const;
  void Use(const funnel_key& key, const Sent& sent);

  const std::size_t half_;
  Keys young_, old_;                // a key is in one of them
  std::optional<Sent> floor_;       // a checkpoint or barrier; all that was forgotten came before
                                    // it
  std::optional<Sent> checkpoint_;  // the last one, or a barrier after it
};

}  // namespace funnel::module
