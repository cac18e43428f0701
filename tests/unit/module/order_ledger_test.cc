#include "common/module/order_ledger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <vector>

#include "tests/unit/module/ledger_sender.h"

namespace funnel::module {
namespace {

using wire::Order;
using Decision = OrderLedger::Decision;
using Message = LedgerMessage;
using Sender = LedgerSender;

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

}  // namespace
}  // namespace funnel::module
