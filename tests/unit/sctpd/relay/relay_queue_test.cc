// What a relay stores while the next hop is slow.
#include <malloc.h>

#include <ctime>

#include "tests/unit/sctpd/relay/relay_chain.h"

namespace funnel::sctpd {
namespace {

TEST_F(RelayTest, SlowNextHopClosesThatChannelOnly) {
  MakeNodes();
  TestEdge slow = a->Attach("dns");
  TestEdge served = Open(slow);
  r->engine->room_bytes = 0;
  Bytes bulk(16 * 1024);
  for (std::size_t sent = 0; sent <= kQueue; sent += bulk.size())
    slow.Send(FrameType::kSealed, kId, bulk);
  Settle();
  EXPECT_EQ(r->Count(kChannelOverflows), 1u);
  r->engine->MakeRoom(SIZE_MAX);
  Settle();
  auto types = slow.ReceiveTypes();
  ASSERT_FALSE(types.empty());
  EXPECT_EQ(types[0], FrameType::kClosed);
  EXPECT_NE(r->associations->FindUp("b"), nullptr);
}

TEST_F(RelayTest, AllRelaysTogetherHoldNoMoreThanConfigured) {
  config_r.node.sctp.relay_queue_bytes = kQueue / 2;
  MakeNodes();
  TestEdge slow = a->Attach("dns");
  TestEdge served = Open(slow);
  r->engine->room_bytes = 0;
  Bytes bulk(16 * 1024);
  for (int i = 0; i < 3; ++i) slow.Send(FrameType::kSealed, kId, bulk);
  Settle();
  EXPECT_EQ(r->Count(kChannelOverflows), 1u);
  EXPECT_LE(r->channels->relays().queued_bytes(), kQueue);
}

TEST_F(RelayTest, LifetimeGoesOnWhileAFrameWaits) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  TestEdge served = Open(edge);
  r->engine->room_bytes = 0;
  edge.Send(FrameType::kSealed, kId, AsBytes("late"), 100);
  edge.Send(FrameType::kSealed, kId, AsBytes("in time"), 1000);
  edge.Send(FrameType::kSealed, kId, AsBytes("reliable"));
  Settle();
  Advance(400ms);
  r->engine->MakeRoom(SIZE_MAX);
  Settle();
  auto frames = served.Receive();
  ASSERT_EQ(frames.size(), 2u);
  auto header = wire::FrameHeader::Parse(frames[0]);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->lifetime_ms, 600u);
  EXPECT_EQ(AsText(ByteView(frames[1]).subspan(wire::kFrameHeaderSize)), "reliable");
  EXPECT_EQ(r->channels->relays().expired(), 1u);
}

TEST_F(RelayTest, OldestOfThoseThatMayExpireGivesWay) {
  MakeNodes();
  TestEdge edge = a->Attach("dns");
  TestEdge served = Open(edge);
  r->engine->room_bytes = 0;
  Bytes datagram(8 * 1024);
  for (std::size_t sent = 0; sent <= 2 * kQueue; sent += datagram.size()) {
    edge.Send(FrameType::kSealed, kId, datagram, 60000);
    Settle();
  }
  EXPECT_EQ(r->Count(kChannelOverflows), 0u);
  EXPECT_GT(r->channels->relays().displaced(), 0u);
  EXPECT_LE(r->channels->relays().queued_bytes(), kQueue);
}

// a has two channels and is the greedy one, although b has the fullest channel and is the last to
// send.
TEST_F(RelayTest, ThePeerWithMostWaitingPaysForTheTotal) {
  config_r.node.sctp.relay_queue_bytes = 60 * 1024;
  config_r.services.push_back(MakeRelay({"b"}, "a"));
  config_r.services.back().name = *ServiceName::Parse("back");
  config_r.services.back().wire_name = "back";
  config_b.services.push_back(MakeService("back", config::Role::kListen, "r"));
  config_a.services.push_back(MakeService("back", config::Role::kConnect, ""));
  MakeNodes();
  std::vector<TestEdge> greedy;
  std::vector<TestEdge> served;
  for (std::uint8_t i = 0; i < 2; ++i) {
    b->authd.accepts.clear();
    greedy.push_back(a->Attach("dns"));
    served.push_back(Open(greedy.back(), ChannelId(100u + i), i));
  }
  TestEdge modest = b->Attach("back");
  wire::OpenBody open{.service = "back", .target = "a.example", .hop_limit = 8, .token = {9}};
  open.nonce.fill(9);
  modest.Send(FrameType::kOpen, kId, open.Serialize());
  Settle();
  ASSERT_EQ(a->authd.accepts.size(), 1u);
  Accept(*a, "back");
  Settle();
  (void)modest.Receive();

  r->engine->room_bytes = 0;
  greedy[0].Send(FrameType::kSealed, ChannelId(100), Bytes(16 * 1024));
  greedy[1].Send(FrameType::kSealed, ChannelId(101), Bytes(20 * 1024));
  Settle();
  modest.Send(FrameType::kSealed, kId, Bytes(23 * 1024));
  Settle();
  EXPECT_EQ(r->Count(kChannelOverflows), 0u);
  modest.Send(FrameType::kSealed, kId, Bytes(2 * 1024));
  Settle();
  EXPECT_EQ(r->Count(kChannelOverflows), 1u);
  EXPECT_LE(r->channels->relays().queued_bytes(), 42u * 1024) << "what waited there is gone";
  r->engine->MakeRoom(SIZE_MAX);
  Settle();
  EXPECT_EQ(greedy[1].ReceiveTypes(), std::vector{FrameType::kClosed});
  EXPECT_TRUE(greedy[0].Receive().empty());
  EXPECT_TRUE(modest.Receive().empty());
}

struct NobodyReads : FrameLinkObserver {
  void OnLinkReadable(FrameLink&) override {}
  void OnLinkWritable(FrameLink&) override {}
};

class RelayEndTest : public testing::Test {
 protected:
  static Bytes Frame(std::size_t body, std::uint32_t lifetime = 0) {
    return wire::MakeFrame(
        {.type = FrameType::kSealed, .channel = ChannelId(1), .lifetime_ms = lifetime},
        Bytes(body));
  }
  static double Processor() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  }
  NobodyReads nobody;
  RelayTurn turn{[] { return TimePoint{1000s}; }, [] {}};
};

TEST_F(RelayEndTest, CountsTheMemoryThatFramesTake) {
  for (std::size_t body : {1u, 13u, 100u, 16'000u}) {
    SCOPED_TRACE(body);
    auto [before, after] = RelayEnd::CreatePair(turn, nobody, 1 << 20);
    const std::size_t held = mallinfo2().uordblks;
    for (int i = 0; i < 400; ++i) {
      before->Append(Frame(body));
      before->Append(Frame(body, 60'000));
    }
    EXPECT_LE(mallinfo2().uordblks - held, before->pending_bytes() + 2048);
    EXPECT_EQ(before->pending_bytes(), turn.queued_bytes());
    before.reset();
    after.reset();
    EXPECT_EQ(turn.queued_bytes(), 0u);
  }
}

TEST_F(RelayEndTest, DisplacingCostsTheSameHoweverMuchWaits) {
  auto cost = [&](int reliable) {
    auto [before, after] = RelayEnd::CreatePair(turn, nobody, 100 * RelayEnd::CostOf(100));
    for (int i = 0; i < reliable; ++i) before->Append(Frame(1));
    const std::uint64_t displaced = turn.displaced();
    const double began = Processor();
    for (int i = 0; i < 2000; ++i) before->Append(Frame(100, 60'000));
    const double took = Processor() - began;
    EXPECT_GT(turn.displaced() - displaced, 1800u);
    return took;
  };
  const double few = cost(10);
  EXPECT_LT(cost(100'000), 20 * few);
}

}  // namespace
}  // namespace funnel::sctpd
