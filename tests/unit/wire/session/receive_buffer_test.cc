#include "common/wire/session/receive_buffer.h"

#include <gtest/gtest.h>

namespace funnel::wire {
namespace {

const Bytes kBytes(100, 7);

MessageRecord Message(Session& session, std::uint64_t number) {
  const MessageRecord record{.order = number == 0 ? Order::kFree : Order::kOrdered,
                             .session = session.id,
                             .number = number,
                             .bytes = kBytes};
  EXPECT_NE(session.inbox.Admit(record), Inbox::Verdict::kViolation);
  return record;
}

TEST(ReceiveBuffer, CountsWhatIsHeldUntilItIsDelivered) {
  ReceiveBuffer buffer;
  Session session(SessionId(1));
  buffer.Hold(session, Message(session, 0), 30);
  EXPECT_EQ(buffer.message_bytes(), 70u);

  Inbox::Held* held = session.inbox.Next();
  ASSERT_NE(held, nullptr);
  buffer.Took(session, *held, 50);
  EXPECT_EQ(buffer.message_bytes(), 20u);
  EXPECT_EQ(held->rest().size(), 20u);
  buffer.Took(session, *held, 20);
  EXPECT_EQ(buffer.message_bytes(), 0u);
}

TEST(ReceiveBuffer, DroppedMessagesCountNoMore) {
  ReceiveBuffer buffer;
  Session first(SessionId(1)), second(SessionId(2));
  for (Session* session : {&first, &second}) buffer.Hold(*session, Message(*session, 1), 0);
  EXPECT_EQ(buffer.message_bytes(), 200u);
  buffer.DropMessages(first);
  EXPECT_EQ(buffer.message_bytes(), 100u);
  buffer.DropAll(second);
  EXPECT_EQ(buffer.message_bytes(), 0u);
}

TEST(ReceiveBuffer, EarlyDatagramsComeInOrder) {
  ReceiveBuffer buffer;
  Session session(SessionId(1));
  EXPECT_TRUE(buffer.HoldEarly(session, Bytes(1, 1)));
  EXPECT_TRUE(buffer.HoldEarly(session, Bytes(2, 2)));
  EXPECT_EQ(buffer.TakeEarly(session), (std::vector<Bytes>{Bytes(1, 1), Bytes(2, 2)}));
  EXPECT_TRUE(buffer.TakeEarly(session).empty());
}

TEST(ReceiveBuffer, ASessionKeepsOnlySoManyEarlyDatagrams) {
  ReceiveBuffer buffer;
  Session session(SessionId(1));
  for (std::size_t i = 0; i < ReceiveBuffer::kMaxEarlyDatagrams; ++i)
    EXPECT_TRUE(buffer.HoldEarly(session, {}));
  EXPECT_FALSE(buffer.HoldEarly(session, {}));
}

TEST(ReceiveBuffer, AllSessionsKeepOnlySoManyEarlyBytes) {
  ReceiveBuffer buffer;
  const Bytes half(ReceiveBuffer::kMaxEarlyDatagramBytes / 2);
  Session first(SessionId(1)), second(SessionId(2));
  EXPECT_TRUE(buffer.HoldEarly(first, half));
  EXPECT_TRUE(buffer.HoldEarly(second, half));
  EXPECT_FALSE(buffer.HoldEarly(second, Bytes(1)));
  buffer.DropAll(first);
  EXPECT_TRUE(buffer.HoldEarly(second, Bytes(1)));
}

}  // namespace
}  // namespace funnel::wire
