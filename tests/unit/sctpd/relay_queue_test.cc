// What a relay holds while the next hop is slow.
#include "tests/unit/sctpd/relay_chain.h"

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

}  // namespace
}  // namespace funnel::sctpd
