// The receiving half of a session's messages: which may be delivered when, and those that wait.
// Numbers and order only; credit, callbacks and resets are the channel's.
//
// A session in which everything arrives in order and is taken at once never allocates here.
//
// A unit (pieces joined by MORE) owns the output from its first piece to its last. So that it can
// never hold up an earlier message whose delivery its own credit depends on, its first piece waits
// for all messages below it, whatever its order says, until all of the unit has come: then it needs
// no more credit, and its order alone counts.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "common/base/bytes.h"
#include "common/wire/frame/record.h"

namespace funnel::wire {

class Inbox {
 public:
  enum class Verdict { kDeliver, kWait, kViolation };

  // A message that waits, or a run of consecutive ORDERED ones: those of a trickle are kept
  // together, so that small ones cost little more memory than credit.
  struct Held {
    std::uint64_t number = 0;
    std::uint64_t count = 1;
    Order order = Order::kFree;
    std::uint64_t distance = 0;  // kFollows
    bool more = false;
    bool fin = false;
    std::size_t taken = 0;  // bytes that the output took already
    Bytes bytes;
    [[nodiscard]] ByteView rest() const { return ByteView(bytes).subspan(taken); }
    [[nodiscard]] std::uint64_t cost() const { return bytes.size() + count * kMessageCost; }
  };

  // Admits a message, each number once. kDeliver: its turn has come; the caller delivers it and
  // calls Done(), or Hold(). kWait: the caller calls Hold(). kViolation: it breaks the rules of
  // order.
  [[nodiscard]] Verdict Admit(const MessageRecord& message);
  // Keeps a copy. A message of which TAKEN bytes were delivered is the next.
  void Hold(const MessageRecord& message, std::size_t taken);
  // An admitted message that was not held was delivered whole. Returns the cost of all that now
  // lies below the first undelivered message and did not before.
  std::uint64_t Done(const MessageRecord& message);
  // The held message whose turn it is, or nullptr. COUNT more bytes of it were delivered by Took();
  // NextDone() forgets it, as Done().
  [[nodiscard]] Held* Next();
  void Took(Held& next, std::size_t count);
  std::uint64_t NextDone();
  // Forgets all that is held: only counts go on. Returns how many undelivered bytes that were.
  std::size_t DropHeld();

  // In how many pieces.
  [[nodiscard]] std::size_t held_pieces() const { return store_ ? store_->held.size() : 0; }
  // Undelivered bytes that are held; counts them.
  [[nodiscard]] std::size_t held_bytes() const;

  // FIN was delivered.
  [[nodiscard]] bool finished() const { return fin_ && base_ > *fin_; }
  // FIN and everything below it has arrived, delivered or not.
  [[nodiscard]] bool complete() const { return fin_ && arrived_ == *fin_ + 1; }
  [[nodiscard]] bool idle() const { return store_ == nullptr; }

 private:
  // Only while something is out of order or waits.
  struct Store {
    std::map<std::uint64_t, Held> held;
    std::multimap<std::uint64_t, std::uint64_t> followers;  // undelivered message -> those after it
    std::set<std::uint64_t> ready;                          // held ones that order does not hold up
    std::map<std::uint64_t, std::uint64_t> done_above;      // delivered, above base_ -> cost
    std::optional<std::uint64_t> partial;
    // Held pieces that follow each other in one unit, as far as they do: first -> last of them, and
    // last -> first.
    std::map<std::uint64_t, std::uint64_t> chain_ends, chain_begins;
  };

  // Whether message NUMBER was delivered.
  [[nodiscard]] bool IsDone(std::uint64_t number) const;
  // The held message NUMBER, or the run that contains it; nullptr: there is none.
  [[nodiscard]] const Held* FindHeld(std::uint64_t number) const;
  // Appends MESSAGE to the run of ordered messages before it; false: it has to be held by itself.
  [[nodiscard]] bool JoinRun(const MessageRecord& message);
  // MESSAGE is held: joins it to the pieces of its unit. The first of them, if these are all.
  std::optional<std::uint64_t> JoinChain(const MessageRecord& message);
  // Whether what begins with the held message NUMBER is held to its end.
  [[nodiscard]] bool IsWhole(std::uint64_t number) const;
  // NUMBER, the first piece of a unit that is held whole, may be delivered if its order allows.
  void ConsiderUnit(std::uint64_t number);
  [[nodiscard]] bool IsWellFormed(const MessageRecord& message) const;
  // Whether MESSAGE contradicts what is known of the unit that it belongs to.
  [[nodiscard]] bool BreaksUnit(const MessageRecord& message) const;
  [[nodiscard]] bool IsSatisfied(const MessageRecord& message) const;
  // Message NUMBER was delivered. Returns the cost of all that are now delivered without a gap.
  std::uint64_t Pass(std::uint64_t number, bool more, std::uint64_t cost);
  // Makes ready what waited for message NUMBER.
  void Wake(std::uint64_t number);
  [[nodiscard]] Store& store();

  std::uint64_t base_ = 0;     // the first undelivered
  std::uint64_t end_ = 0;      // behind the highest seen
  std::uint64_t arrived_ = 0;  // how many
  std::optional<std::uint64_t> fin_;
  std::optional<std::uint64_t> unit_;  // the next piece of the unit that owns the output
  std::unique_ptr<Store> store_;
};

}  // namespace funnel::wire
