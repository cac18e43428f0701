// From the keys of a connection's messages to the order that each states on the wire
// (modules/module.h; man/funnel-protocol.7, "Order"). One a direction; numbers and keys only.
//
// A message may take several numbers (a unit of pieces). A key names the last of them, so that who
// follows it follows all of it. What a message needs is stated by FOLLOWS where one earlier message
// implies all that is needed, else by AFTER_ALL, which is more than is needed. A message implies
// all below what it covers, and the nearest few of those that it follows. Everything behind a
// barrier comes after it: its keys are forgotten, and where nothing later is followed the barrier
// is.
//
// Memory is bounded: keys are forgotten by the half table. When the young half is full the message
// at hand becomes a *checkpoint*: AFTER_ALL, which alone holds up nobody. The old half is
// forgotten, all of which stood before the checkpoint before this one; that one is the *floor* from
// now on: a message with an unknown key follows it, and so all that was forgotten. The floor is
// half a table of keys back, so it is delivered already where no more than that is on its way.
//
//      ... forgotten ... | floor, old half ... | checkpoint, young half ...
#pragma once

#include <array>
#include <compare>  // IWYU pragma: keep: for operator<=>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "common/wire/frame/types.h"
#include "modules/module.h"

namespace funnel::module {

// What a module says of one message.
struct Dependencies {
  funnel_order order = FUNNEL_BY_KEYS;
  std::span<const funnel_key> keys;
};

class OrderLedger {
 public:
  static constexpr std::size_t kMaxKeys = 1024;

  // MAX_KEYS: of both halves of the table; the keys of one message always have a place.
  explicit OrderLedger(std::size_t max_keys = kMaxKeys) : half_(max_keys / 2) {}

  // The nearest of the messages that one follows, itself or by another that it follows. Of messages
  // with one key only the last is among them: none before it can be needed again.
  class Followed {
   public:
    // One that is behind all that are there.
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
    bool barrier = false;      // as it was asked for
    bool checkpoint = false;   // half of the table was full
    std::uint64_t covers = 0;  // kFollows: all below this is delivered before it
    Followed followed = {};    // kFollows: and these
    bool operator==(const Decision&) const = default;
  };
  // For a message that comes next. Decides only: it may never be sent.
  [[nodiscard]] Decision Decide(const Dependencies& message) const;
  // Whether MESSAGE may go as one with those right before it, for which DECISION was made and which
  // have KEYS: it needs what they need, besides those it is one with, which stand before it there.
  [[nodiscard]] bool MayJoin(const Decision& decision, std::span<const funnel_key> keys,
                             const Dependencies& message) const;
  // The message was sent as DECIDE said, and has the numbers FIRST to LAST. Of several in one: the
  // keys of all of them, in their order, and what was decided for the first.
  void Record(const Dependencies& message, const Decision& decision, std::uint64_t first,
              std::uint64_t last);

  [[nodiscard]] std::size_t size() const { return young_.size() + old_.size(); }

 private:
  // A message that others may follow: once `last` is delivered, so is all below `covers`, and what
  // it followed.
  struct Sent {
    std::uint64_t last = 0;
    std::uint64_t covers = 0;
    Followed followed = {};
    std::size_t keys = 0;
  };
  struct KeyName {
    std::uint64_t value;
    std::uint32_t space;
    auto operator<=>(const KeyName&) const = default;
  };
  // As far as it is known. Shared messages come after the exclusive one before them, so that who
  // follows all of those follows it, too.
  struct Uses {
    std::optional<Sent> exclusive;
    std::optional<Sent> shared;                // the latest since the last exclusive one
    std::optional<std::uint64_t> also_shared;  // the latest but one
  };
  class Needs;

  using Keys = std::map<KeyName, Uses>;

  [[nodiscard]] static KeyName NameOf(const funnel_key& key) { return {key.value, key.space}; }
  // Whether the young half can take KEYS.
  [[nodiscard]] bool HasPlaceFor(std::span<const funnel_key> keys) const;
  // How many of KEYS are not in the young half; who is named twice counts twice.
  [[nodiscard]] std::size_t CountNew(std::span<const funnel_key> keys) const;
  [[nodiscard]] const Uses* Find(const funnel_key& key) const;
  void AddNeeds(const funnel_key& key, Needs& needs) const;
  void Use(const funnel_key& key, const Sent& sent);

  const std::size_t half_;
  Keys young_, old_;                // a key is in one of them
  std::optional<Sent> floor_;       // what was forgotten stood before it: a checkpoint or barrier
  std::optional<Sent> checkpoint_;  // the last one, or a barrier behind it
};

}  // namespace funnel::module
