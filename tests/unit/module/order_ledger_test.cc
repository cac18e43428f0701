#include "common/module/order_ledger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "common/wire/session/inbox.h"
#include "tests/unit/module/linear_extensions.h"

namespace funnel::module {
namespace {

using wire::Order;
using Decision = OrderLedger::Decision;

struct Message {
  funnel_order order = FUNNEL_BY_KEYS;
  std::vector<funnel_key> keys;
  std::uint64_t pieces = 1;

  [[nodiscard]] Dependencies dependencies() const { return {order, keys}; }
};

Message Exclusive(std::uint64_t key) { return {.keys = {{key, 0, FUNNEL_EXCLUSIVE}}}; }
Message Shared(std::uint64_t key) { return {.keys = {{key, 0, FUNNEL_SHARED}}}; }
const Message kFreeMessage{};
const Message kBarrier{.order = FUNNEL_BARRIER};
const Message kAfterAllMessage{.order = FUNNEL_AFTER_ALL};

// A sender: what it sends, with the numbers.
class Sender {
 public:
  explicit Sender(std::size_t max_keys = OrderLedger::kMaxKeys) : ledger_(max_keys) {}

  Decision Send(const Message& message) {
    const Decision decision = ledger_.Decide(message.dependencies());
    const std::uint64_t first = next_;
    next_ += message.pieces;
    ledger_.Record(message.dependencies(), decision, first, next_ - 1);
    sent_.push_back({decision, first, next_ - 1});
    return decision;
  }
  [[nodiscard]] const std::vector<Placed>& sent() const { return sent_; }
  [[nodiscard]] const OrderLedger& ledger() const { return ledger_; }

 private:
  OrderLedger ledger_;
  std::uint64_t next_ = 0;
  std::vector<Placed> sent_;
};

void ExpectFree(const Decision& decision) { EXPECT_EQ(decision.order, Order::kFree); }
void ExpectFollows(const Decision& decision, std::uint64_t after) {
  EXPECT_EQ(decision.order, Order::kFollows);
  EXPECT_EQ(decision.after, after);
}
void ExpectAfterAll(const Decision& decision) { EXPECT_EQ(decision.order, Order::kAfterAll); }

TEST(OrderLedger, LeavesMessagesOfDifferentKeysFree) {
  Sender sender;
  ExpectFree(sender.Send(Exclusive(1)));
  ExpectFree(sender.Send(Exclusive(2)));
  ExpectFree(sender.Send(kFreeMessage));
}

TEST(OrderLedger, KeepsMessagesOfOneKeyInOrder) {
  Sender sender;
  (void)sender.Send(Exclusive(1));
  (void)sender.Send(Exclusive(2));
  ExpectFollows(sender.Send(Exclusive(1)), 0);
  ExpectFollows(sender.Send(Exclusive(1)), 2);
}

TEST(OrderLedger, NamesTheLastPieceOfAUnit) {
  Sender sender;
  Message unit = Exclusive(1);
  unit.pieces = 3;
  (void)sender.Send(unit);
  ExpectFollows(sender.Send(Exclusive(1)), 2);
}

TEST(OrderLedger, DistinguishesSpacesOfKeys) {
  Sender sender;
  (void)sender.Send({.keys = {{7, 0, FUNNEL_EXCLUSIVE}}});
  ExpectFree(sender.Send({.keys = {{7, 1, FUNNEL_EXCLUSIVE}}}));
}

TEST(OrderLedger, LetsReadersPassEachOther) {
  Sender sender;
  (void)sender.Send(Exclusive(1));
  ExpectFollows(sender.Send(Shared(1)), 0);
  ExpectFollows(sender.Send(Shared(1)), 0);
}

TEST(OrderLedger, PutsAWriterBehindOneReader) {
  Sender sender;
  (void)sender.Send(Exclusive(1));
  (void)sender.Send(Shared(1));
  ExpectFollows(sender.Send(Exclusive(1)), 1);
}

TEST(OrderLedger, PutsAWriterBehindAllReaders) {
  Sender sender;
  (void)sender.Send(Exclusive(1));
  (void)sender.Send(Shared(1));
  (void)sender.Send(Shared(1));
  ExpectAfterAll(sender.Send(Exclusive(1)));
  // This one stands for all of them.
  ExpectFollows(sender.Send(Shared(1)), 3);
}

TEST(OrderLedger, FollowsOneOfSeveralThatImpliesTheOthers) {
  Sender sender;
  (void)sender.Send(Exclusive(1));
  (void)sender.Send(Exclusive(2));
  const Message both{.keys = {{1, 0, FUNNEL_EXCLUSIVE}, {2, 0, FUNNEL_EXCLUSIVE}}};
  ExpectAfterAll(sender.Send(both));
  ExpectFollows(sender.Send(both), 2);
  ExpectFollows(sender.Send(Exclusive(1)), 3);
  // 4 came after 3, and 3 after all.
  ExpectFollows(sender.Send(both), 4);
}

TEST(OrderLedger, KnowsThatAChainCoversWhatIsInIt) {
  Sender sender;
  (void)sender.Send({.keys = {{1, 0, FUNNEL_EXCLUSIVE}, {2, 0, FUNNEL_EXCLUSIVE}}});
  (void)sender.Send(Exclusive(1));
  ExpectFollows(sender.Send({.keys = {{1, 0, FUNNEL_EXCLUSIVE}, {2, 0, FUNNEL_EXCLUSIVE}}}), 1);
}

// An answer of HTTP/2 whose headers and trailers refer to an entry that an earlier answer has
// inserted.
TEST(OrderLedger, FollowsOneThatFollowsTheOthers) {
  const auto answer = [](std::uint64_t stream, std::uint32_t mode) {
    return Message{.keys = {{1, 0, mode}, {stream, 1, FUNNEL_EXCLUSIVE}}};
  };
  const auto data = [](std::uint64_t stream) {
    return Message{.keys = {{stream, 1, FUNNEL_EXCLUSIVE}}};
  };
  Sender sender;
  ExpectFree(sender.Send(data(9)));
  ExpectFree(sender.Send(answer(1, FUNNEL_EXCLUSIVE)));
  ExpectFollows(sender.Send(answer(3, FUNNEL_SHARED)), 1);
  for (std::uint64_t i = 0; i < 20; ++i) ExpectFollows(sender.Send(data(3)), 2 + i);
  ExpectFollows(sender.Send(answer(3, FUNNEL_SHARED)), 22);
  // Another one that does not follow the entries inserted since then does not imply them.
  ExpectAfterAll(sender.Send(answer(5, FUNNEL_EXCLUSIVE)));
  ExpectFollows(sender.Send(data(3)), 23);
  ExpectAfterAll(sender.Send(answer(3, FUNNEL_SHARED)));
}

// Of several readers only the last two are remembered.
TEST(OrderLedger, FollowingOneReaderDoesNotImplyTheOthers) {
  Sender sender;
  ExpectFree(sender.Send(Exclusive(9)));
  ExpectFree(sender.Send(Exclusive(1)));
  for (int i = 0; i < 2; ++i) ExpectFollows(sender.Send(Shared(1)), 1);
  const Message both{.keys = {{1, 0, FUNNEL_SHARED}, {2, 0, FUNNEL_EXCLUSIVE}}};
  ExpectFollows(sender.Send(both), 1);
  ExpectAfterAll(sender.Send(Exclusive(1)));
}

TEST(OrderLedger, PutsABarrierBehindAllAndAllBehindIt) {
  Sender sender;
  (void)sender.Send(Exclusive(1));
  (void)sender.Send(Exclusive(2));
  const Decision barrier = sender.Send(kBarrier);
  ExpectAfterAll(barrier);
  EXPECT_TRUE(barrier.barrier);
  ExpectFollows(sender.Send(kFreeMessage), 2);
  ExpectFollows(sender.Send(Exclusive(1)), 2);
  ExpectFollows(sender.Send(Exclusive(1)), 4);
  EXPECT_EQ(sender.ledger().size(), 1u);
}

TEST(OrderLedger, HoldsUpNothingBehindAMessageThatIsOnlyAfterAll) {
  Sender sender;
  (void)sender.Send(Exclusive(1));
  ExpectAfterAll(sender.Send(kAfterAllMessage));
  ExpectFree(sender.Send(kFreeMessage));
  ExpectFollows(sender.Send(Exclusive(1)), 0);
}

TEST(OrderLedger, ForgetsKeysByTheHalfTable) {
  Sender sender(4);
  (void)sender.Send(Exclusive(1));
  (void)sender.Send(Exclusive(2));
  // The key is in the table.
  ExpectFollows(sender.Send(Exclusive(1)), 0);
  const Decision checkpoint = sender.Send(Exclusive(3));
  ExpectAfterAll(checkpoint);
  EXPECT_FALSE(checkpoint.barrier);
  EXPECT_TRUE(checkpoint.checkpoint);
  // It delays nothing: nothing was forgotten yet.
  ExpectFree(sender.Send(Exclusive(4)));
  ExpectAfterAll(sender.Send(Exclusive(5)));
  // About 1 and 2 it is only known that the first checkpoint came after them.
  ExpectFollows(sender.Send(Exclusive(1)), 3);
  ExpectFollows(sender.Send(kFreeMessage), 3);
  EXPECT_EQ(sender.ledger().size(), 4u);
}

TEST(OrderLedger, KeepsAKeyThatIsUsed) {
  Sender sender(4);
  (void)sender.Send(Shared(9));
  for (std::uint64_t key = 10; key < 20; ++key) {
    (void)sender.Send(Exclusive(key));
    (void)sender.Send(Shared(9));
  }
  // After all its readers, of which the floor covers only the first ones.
  ExpectAfterAll(sender.Send(Exclusive(9)));
}

TEST(OrderLedger, ABarrierIsTheFloor) {
  Sender sender(4);
  for (std::uint64_t key = 1; key <= 3; ++key) (void)sender.Send(Exclusive(key));
  (void)sender.Send(kBarrier);
  EXPECT_EQ(sender.ledger().size(), 0u);
  for (std::uint64_t key = 1; key <= 2; ++key) ExpectFollows(sender.Send(Exclusive(key)), 3);
  ExpectAfterAll(sender.Send(Exclusive(3)));
  ExpectFollows(sender.Send(Exclusive(4)), 3);
}

// One connection with many requests, each of which has its own id.
TEST(OrderLedger, HoldsUpNothingInManyRequests) {
  OrderLedger ledger;
  std::size_t barriers = 0, after_all = 0;
  std::uint64_t nearest = UINT64_MAX;
  for (std::uint64_t number = 0; number < 100'000; ++number) {
    const Message request = Exclusive(number);
    const Decision decision = ledger.Decide(request.dependencies());
    ledger.Record(request.dependencies(), decision, number, number);
    barriers += decision.barrier ? 1 : 0;
    after_all += decision.order == Order::kAfterAll ? 1 : 0;
    if (decision.order == Order::kFollows) nearest = std::min(nearest, number - decision.after);
    ASSERT_LE(ledger.size(), OrderLedger::kMaxKeys);
  }
  EXPECT_EQ(barriers, 0u);
  EXPECT_EQ(after_all, 195u);
  // What a request follows is far behind it.
  EXPECT_GT(nearest, OrderLedger::kMaxKeys / 2);
}

TEST(OrderLedger, AKeyThatAMessageReadsTwiceIsReadByOne) {
  Sender sender;
  (void)sender.Send(kFreeMessage);
  (void)sender.Send({.keys = {{1, 0, FUNNEL_SHARED}, {1, 0, FUNNEL_SHARED}}});
  ExpectFollows(sender.Send(Exclusive(1)), 1);
}

TEST(OrderLedger, JoinsNoMoreKeysThanItHasPlaceFor) {
  OrderLedger ledger(/*max_keys=*/4);
  const std::vector<funnel_key> keys{{1, 0, FUNNEL_EXCLUSIVE}, {2, 0, FUNNEL_EXCLUSIVE}};
  EXPECT_TRUE(ledger.MayJoin({}, std::span(keys).first(1), Exclusive(2).dependencies()));
  EXPECT_FALSE(ledger.MayJoin({}, keys, Exclusive(3).dependencies()));
  EXPECT_TRUE(ledger.MayJoin({}, keys, kFreeMessage.dependencies()));
  // A message that makes room for others is sent by itself.
  EXPECT_FALSE(ledger.MayJoin({.order = Order::kAfterAll, .checkpoint = true}, {},
                              kAfterAllMessage.dependencies()));
}

TEST(OrderLedger, DecidesWithoutRecording) {
  Sender sender;
  (void)sender.Send(Exclusive(1));
  const OrderLedger& ledger = sender.ledger();
  EXPECT_EQ(ledger.Decide(Exclusive(2).dependencies()), ledger.Decide(Exclusive(2).dependencies()));
  EXPECT_EQ(ledger.size(), 1u);
}

// --- random conversations

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

TEST(OrderLedger, GivesNoWrongOrderInRandomConversations) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    Conversation conversation(seed);
    Sender sender(conversation.table());
    for (const Message& message : conversation.messages()) (void)sender.Send(message);
    LinearExtensions extensions(sender.sent(), seed);
    for (int i = 0; i < 20; ++i)
      ASSERT_EQ(WrongPair(conversation.messages(), extensions.Sample()), "") << "seed " << seed;
  }
}

TEST(OrderLedger, HoldsUpNothingThatNeedsNothing) {
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
TEST(OrderLedger, AgreesWithTheReceiver) {
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
