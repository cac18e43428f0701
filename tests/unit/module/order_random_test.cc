// Orders that a ledger gives to random conversations, against the text of modules/module.h and
// against what the receiver makes of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "common/wire/session/inbox.h"
#include "tests/unit/module/ledger_sender.h"

namespace funnel::module {
namespace {

using wire::Order;
using Decision = OrderLedger::Decision;
using Message = LedgerMessage;
using Sender = LedgerSender;

// Whether LATER must come after EARLIER, by the text of modules/module.h.
bool Needs(const Message& later, const Message& earlier) {
  if (later.order != FUNNEL_BY_KEYS || earlier.order == FUNNEL_BARRIER) return true;
  for (const funnel_key& mine : later.keys)
    for (const funnel_key& other : earlier.keys)
      if (mine.value == other.value && mine.space == other.space &&
          (mine.mode == FUNNEL_EXCLUSIVE || other.mode == FUNNEL_EXCLUSIVE))
        return true;
  return false;
}

class Conversation {
 public:
  explicit Conversation(std::uint32_t seed) : random_(seed) {
    const std::uint32_t names = 1 + Random() % 8;
    const std::uint32_t barrier_every = 2 + Random() % 30;
    const std::uint32_t readers = Random() % 101;
    if (seed % 3 != 0) table_ = 2 + Random() % 10;
    for (std::size_t i = 0; i < 60; ++i) {
      Message message{.pieces = 1 + random_() % 3};
      if (random_() % barrier_every == 0)
        message.order = random_() % 2 == 0 ? FUNNEL_BARRIER : FUNNEL_AFTER_ALL;
      const std::size_t keys = random_() % 4;
      for (std::size_t k = 0; k < keys; ++k)
        message.keys.push_back(
            {.value = random_() % names,
             .space = Random() % 2,
             .mode = Random() % 100 < readers ? FUNNEL_SHARED : FUNNEL_EXCLUSIVE});
      messages_.push_back(std::move(message));
    }
  }

  [[nodiscard]] const std::vector<Message>& messages() const { return messages_; }
  // For how many keys its ledger has room.
  [[nodiscard]] std::size_t table() const { return table_; }
  [[nodiscard]] std::uint32_t Random() { return static_cast<std::uint32_t>(random_()); }
  [[nodiscard]] std::mt19937& random() { return random_; }

 private:
  std::mt19937 random_;
  std::size_t table_ = OrderLedger::kMaxKeys;
  std::vector<Message> messages_;
};

// The first pair of messages that are in the wrong order in ORDER.
std::string WrongPair(const std::vector<Message>& messages, const std::vector<std::size_t>& order) {
  for (std::size_t at = 0; at < order.size(); ++at)
    for (std::size_t behind = at + 1; behind < order.size(); ++behind)
      if (order[behind] < order[at] && Needs(messages[order[at]], messages[order[behind]]))
        return std::to_string(order[at]) + " came before " + std::to_string(order[behind]);
  return "";
}

TEST(OrderRandom, GivesNoWrongOrderInRandomConversations) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    Conversation conversation(seed);
    Sender sender(conversation.table());
    for (const Message& message : conversation.messages()) (void)sender.Send(message);
    LinearExtensions extensions(sender.sent(), seed);
    for (int i = 0; i < 20; ++i)
      ASSERT_EQ(WrongPair(conversation.messages(), extensions.Sample()), "") << "seed " << seed;
  }
}

TEST(OrderRandom, HoldsUpNothingThatNeedsNothing) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    Conversation conversation(seed);
    Sender sender;
    const std::vector<Message>& messages = conversation.messages();
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const Decision decision = sender.Send(messages[i]);
      bool needs = false;
      for (std::size_t j = 0; j < i; ++j) needs = needs || Needs(messages[i], messages[j]);
      const bool free = decision.order == Order::kFree;
      ASSERT_EQ(free, !needs && messages[i].order == FUNNEL_BY_KEYS)
          << "seed " << seed << ": " << i;
    }
  }
}

// How the receiver handles it, in whatever order packets come.
TEST(OrderRandom, AgreesWithTheReceiver) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    Conversation conversation(seed);
    Sender sender(conversation.table());
    std::vector<wire::MessageRecord> pieces;
    std::vector<std::size_t> owner;
    for (const Message& message : conversation.messages()) {
      const Decision decision = sender.Send(message);
      const Placed& placed = sender.sent().back();
      for (std::uint64_t number = placed.first; number <= placed.last; ++number) {
        const bool first = number == placed.first;
        pieces.push_back(
            {.order = first ? decision.order : Order::kOrdered,
             .more = number < placed.last,
             .number = number,
             .distance = first && decision.order == Order::kFollows ? number - decision.after : 0});
        owner.push_back(sender.sent().size() - 1);
      }
    }

    std::vector<std::size_t> arrivals(pieces.size());
    for (std::size_t i = 0; i < arrivals.size(); ++i) arrivals[i] = i;
    std::shuffle(arrivals.begin(), arrivals.end(), conversation.random());
    wire::Inbox inbox;
    std::vector<std::size_t> delivered;
    const auto deliver = [&](std::uint64_t number) {
      if (!pieces[number].more) delivered.push_back(owner[number]);
    };
    for (const std::size_t at : arrivals) {
      const auto verdict = inbox.Admit(pieces[at]);
      ASSERT_NE(verdict, wire::Inbox::Verdict::kViolation) << "seed " << seed;
      if (verdict == wire::Inbox::Verdict::kWait) {
        inbox.Hold(pieces[at], 0);
      } else {
        deliver(at);
        (void)inbox.Done(pieces[at]);
      }
      while (const wire::Inbox::Held* next = inbox.Next()) {
        for (std::uint64_t i = 0; i < next->count; ++i) deliver(next->number + i);
        (void)inbox.NextDone();
      }
    }
    ASSERT_EQ(delivered.size(), conversation.messages().size());
    ASSERT_EQ(WrongPair(conversation.messages(), delivered), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace funnel::module
