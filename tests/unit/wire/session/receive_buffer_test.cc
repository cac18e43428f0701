#include "common/wire/session/receive_buffer.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

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
  std::size_t count = 0;
  while (count < 1'000'000 && buffer.HoldEarly(session, {})) ++count;
  EXPECT_EQ(count, ReceiveBuffer::kMaxEarlyOfSession / 64) << "empty ones cost something, too";
  Session other(SessionId(2));
  EXPECT_TRUE(buffer.HoldEarly(other, {})) << "one session leaves room for others";
  EXPECT_EQ(buffer.TakeEarly(session).size(), count);
  EXPECT_TRUE(buffer.HoldEarly(session, {}));
}

TEST(ReceiveBuffer, AllSessionsKeepOnlySoManyEarlyBytes) {
  ReceiveBuffer buffer;
  const Bytes share(ReceiveBuffer::kMaxEarlyOfSession - 64);
  std::vector<std::unique_ptr<Session>> sessions;
  for (std::uint64_t id = 0; id < 4; ++id) {
    sessions.push_back(std::make_unique<Session>(SessionId(id)));
    EXPECT_TRUE(buffer.HoldEarly(*sessions.back(), share));
  }
  Session last(SessionId(4));
  EXPECT_FALSE(buffer.HoldEarly(last, Bytes(1)));
  buffer.DropAll(*sessions[0]);
  EXPECT_TRUE(buffer.HoldEarly(last, Bytes(1)));
}

}  // namespace
}  // namespace funnel::wire
