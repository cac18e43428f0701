#include "funnel-udpd/waiting_queue.h"

#include <gtest/gtest.h>

#include "funnel-udpd/held_datagrams.h"

namespace funnel::udpd {
namespace {

using std::chrono::seconds;

FlowKey Key(std::uint16_t port) { return {*SocketAddress::FromLiteral("192.0.2.1", port), {}}; }

class WaitingQueueTest : public ::testing::Test {
 protected:
  void Push(std::uint16_t port, std::size_t size, Duration patience = seconds(2)) {
    queue_.Push(Key(port), Bytes(size, 1), {}, now_ + patience, limits_);
  }

  TimePoint now_{};
  std::vector<std::uint16_t> dropped_;
  WaitingQueue queue_{[this](const FlowKey& key) { dropped_.push_back(key.client.port()); }};
  WaitingQueue::Limits limits_{.datagrams = 100, .bytes = 1000};
};

TEST_F(WaitingQueueTest, IsBoundedByBytes) {
  for (std::uint16_t port = 1; port <= 10; ++port) Push(port, 300);
  EXPECT_EQ(queue_.size(), 3u);
  EXPECT_EQ(queue_.bytes(), 900u);
  EXPECT_EQ(dropped_, (std::vector<std::uint16_t>{1, 2, 3, 4, 5, 6, 7}));
}

TEST_F(WaitingQueueTest, IsBoundedByNumber) {
  limits_.datagrams = 2;
  for (std::uint16_t port = 1; port <= 3; ++port) Push(port, 0);
  EXPECT_EQ(queue_.size(), 2u);
  EXPECT_EQ(dropped_, (std::vector<std::uint16_t>{1}));
}

TEST_F(WaitingQueueTest, TakesNoneThatIsLargerThanItsRoom) {
  Push(1, 300);
  Push(2, 1001);
  EXPECT_EQ(queue_.size(), 1u);
  EXPECT_EQ(dropped_, (std::vector<std::uint16_t>{2}));
}

TEST_F(WaitingQueueTest, TheOldestExpire) {
  Push(1, 10);
  now_ += seconds(1);
  Push(2, 10);
  Push(3, 10, seconds(0));  // after connect-wait became shorter
  queue_.Expire(now_ + seconds(1));
  EXPECT_EQ(dropped_, (std::vector<std::uint16_t>{1}));
  EXPECT_EQ(queue_.front()->until, now_ + seconds(2));
  queue_.Expire(now_ + seconds(2));
  EXPECT_EQ(queue_.size(), 0u);
  EXPECT_EQ(queue_.bytes(), 0u);
}

TEST(HeldDatagrams, AllFlowsTogetherHoldNoMoreThanTheirRoom) {
  HeldBytes held;
  HeldDatagrams one(held), two(held);
  EXPECT_EQ(one.Add(Bytes(600, 1), 1000, TimePoint()), 0u);
  EXPECT_EQ(two.Add(Bytes(300, 1), 1000, TimePoint()), 0u);
  // Its own older one is dropped; if that is not enough, the new one is.
  EXPECT_EQ(two.Add(Bytes(400, 1), 1000, TimePoint()), 1u);
  EXPECT_EQ(two.Add(Bytes(500, 1), 1000, TimePoint()), 2u);
  EXPECT_EQ(held.now, 600u);
  one.Clear();
  EXPECT_EQ(held.now, 0u);
}

TEST(HeldDatagrams, OneFlowHoldsAFew) {
  HeldBytes held;
  HeldDatagrams flow(held);
  std::size_t lost = 0;
  for (std::size_t i = 0; i < 2 * HeldDatagrams::kMost; ++i)
    lost += flow.Add(Bytes(1, 1), 1000, TimePoint());
  EXPECT_EQ(lost, HeldDatagrams::kMost);
  EXPECT_EQ(flow.all().size(), HeldDatagrams::kMost);
}

TEST(HeldDatagrams, TheOldAreNobodysAnyMore) {
  HeldBytes held;
  HeldDatagrams flow(held);
  const TimePoint now{seconds(100)};
  (void)flow.Add(Bytes(1, 1), 1000, now);
  (void)flow.Add(Bytes(2, 1), 1000, now + seconds(3));
  EXPECT_EQ(flow.DropOlder(seconds(0), now + seconds(5)), 0u);
  EXPECT_EQ(flow.DropOlder(seconds(5), now + seconds(5)), 1u);
  EXPECT_EQ(flow.all().size(), 1u);
  EXPECT_EQ(held.now, 2u);
}

}  // namespace
}  // namespace funnel::udpd
