// The parts of sctpd that only decide: streams, admission, backoff, turns.
#include <gtest/gtest.h>

#include <set>

#include "funnel-sctpd/association/admission.h"
#include "funnel-sctpd/association/backoff.h"
#include "funnel-sctpd/channel/fair_queue.h"
#include "funnel-sctpd/channel/stream_map.h"
#include "tests/unit/sctpd/address_of.h"

namespace funnel::sctpd {
namespace {

using namespace std::chrono_literals;

// The map only stores pointers; it never dereferences them.
Channel& Dummy(std::uintptr_t number) { return *reinterpret_cast<Channel*>(number * 64); }

TEST(StreamMap, LowerNodeOpensOddStreamsFrom64) {
  EXPECT_EQ(ParityOf("a.example", "b.example"), Parity::kOdd);
  EXPECT_EQ(ParityOf("b.example", "a.example"), Parity::kEven);
  StreamMap lower(128, Parity::kOdd), higher(128, Parity::kEven);
  EXPECT_EQ(lower.FindFree()->value(), 65);
  EXPECT_EQ(lower.FindFree()->value(), 67);
  EXPECT_EQ(higher.FindFree()->value(), 64);
}

TEST(StreamMap, EveryStreamIsUsedBeforeOneIsUsedAgain) {
  StreamMap streams(80, Parity::kEven);
  std::set<std::uint16_t> seen;
  for (int i = 0; i < 8; ++i) {
    auto stream = streams.FindFree();
    ASSERT_TRUE(stream);
    streams.Take(*stream, Dummy(1));
    EXPECT_TRUE(seen.insert(stream->value()).second);
  }
  EXPECT_FALSE(streams.FindFree());
  streams.Free(StreamId(70));
  EXPECT_EQ(streams.FindFree()->value(), 70);
  EXPECT_EQ(streams.in_use(), 7u);
}

TEST(StreamMap, PeerMayOpenItsOwnParityAndPinnedStreams) {
  StreamMap streams(128, Parity::kOdd);
  EXPECT_FALSE(streams.PeerMayOpen(StreamId(0)));
  EXPECT_TRUE(streams.PeerMayOpen(StreamId(1)));
  EXPECT_TRUE(streams.PeerMayOpen(StreamId(63)));
  EXPECT_TRUE(streams.PeerMayOpen(StreamId(64)));
  EXPECT_FALSE(streams.PeerMayOpen(StreamId(65)));
  EXPECT_FALSE(streams.PeerMayOpen(StreamId(128)));
  EXPECT_EQ(streams.At(StreamId(60000)), nullptr);
}

TEST(StreamMap, FewStreamsHoldNoDynamicOnes) {
  StreamMap streams(10, Parity::kOdd);
  EXPECT_FALSE(streams.FindFree());
  EXPECT_TRUE(streams.PeerMayOpen(StreamId(9)));
}

// Stores slots as associations do: each until it is returned.
class AdmissionTest : public testing::Test {
 protected:
  bool Admit(const std::string& address) {
    auto slot = admission.Admit(AddressOf(address));
    if (slot) slots.push_back(std::move(*slot));
    return slot.has_value();
  }
  Admission admission{{.total = 5, .per_address = 2}};
  std::vector<Admission::Slot> slots;
};

TEST_F(AdmissionTest, LimitsOneSourceAndAll) {
  EXPECT_TRUE(Admit("192.0.2.1"));
  EXPECT_TRUE(Admit("192.0.2.1:77"));
  EXPECT_FALSE(Admit("192.0.2.1:78"));
  EXPECT_TRUE(Admit("192.0.2.2"));
  EXPECT_TRUE(Admit("192.0.2.3"));
  EXPECT_TRUE(Admit("192.0.2.4"));
  EXPECT_FALSE(Admit("192.0.2.5"));
  EXPECT_EQ(admission.count(), 5u);
  slots.front().Leave();
  slots.front().Leave();
  EXPECT_EQ(admission.count(), 4u);
  EXPECT_TRUE(Admit("192.0.2.5"));
  slots.clear();
  EXPECT_EQ(admission.count(), 0u);
  EXPECT_TRUE(Admit("192.0.2.1"));
  EXPECT_TRUE(Admit("192.0.2.1"));
}

TEST_F(AdmissionTest, OneIpv6NetworkIsOneSource) {
  admission.SetLimits({.total = 10, .per_address = 1});
  EXPECT_TRUE(Admit("[2001:db8::1]:1"));
  EXPECT_FALSE(Admit("[2001:db8::2]:1"));
  EXPECT_TRUE(Admit("[2001:db8:0:1::2]:1"));
}

TEST_F(AdmissionTest, StrangersLeaveConfiguredPeersTheirShare) {
  admission.SetLimits({.total = 8, .per_address = 8});
  admission.SetKnownHosts({AddressOf("192.0.2.1")}, 1);
  int strangers = 0;
  while (Admit("198.51.100.9")) ++strangers;
  EXPECT_EQ(strangers, 6);
  EXPECT_TRUE(Admit("192.0.2.1:5"));
  EXPECT_TRUE(Admit("192.0.2.1:6"));
  EXPECT_FALSE(Admit("192.0.2.1:7"));
}

TEST(Backoff, DoublesToItsMaximumAndJittersDownToHalf) {
  Backoff backoff(50ms, 150ms);
  EXPECT_EQ(backoff.Next(1.0), 50ms);
  EXPECT_EQ(backoff.Next(0.0), 50ms);
  EXPECT_EQ(backoff.Next(1.0), 150ms);
  EXPECT_EQ(backoff.Next(1.0), 150ms);
  backoff.Reset();
  EXPECT_EQ(backoff.Next(0.0), 25ms);
}

struct Sender {
  int name;
  bool queued = false;
  std::size_t priority = 4;
};

TEST(FairQueue, TakesTurns) {
  FairQueue<Sender> queue;
  Sender first{1}, second{2};
  queue.Add(first);
  queue.Add(second);
  queue.Add(first);
  EXPECT_EQ(queue.size(), 2u);
  for (int expected : {1, 2, 1, 2}) {
    EXPECT_EQ(queue.Front().name, expected);
    queue.Rotate();
  }
  queue.Remove(first);
  queue.Remove(first);
  EXPECT_EQ(queue.Front().name, 2);
  queue.Remove(second);
  EXPECT_TRUE(queue.empty());
}

TEST(FairQueue, LowerPriorityNumberGoesFirst) {
  FairQueue<Sender> queue;
  Sender usual{1}, urgent{2, false, 0}, late{3, false, 7};
  for (Sender* sender : {&late, &usual, &urgent}) queue.Add(*sender);
  EXPECT_EQ(queue.Front().name, 2);
  EXPECT_TRUE(queue.HasBefore(4));
  EXPECT_FALSE(queue.HasBefore(0));
  queue.Remove(urgent);
  EXPECT_EQ(queue.Front().name, 1);
  EXPECT_FALSE(queue.HasBefore(4));
  queue.Remove(usual);
  EXPECT_EQ(queue.Front().name, 3);
}

}  // namespace
}  // namespace funnel::sctpd
