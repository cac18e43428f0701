#include "funnel-sctpd/channel/link_table.h"

#include "tests/unit/sctpd/channel/parts_harness.h"

namespace funnel::sctpd {
namespace {

class LinkTableTest : public ChannelParts {};

TEST_F(LinkTableTest, LinksAreFoundUntilTheyAreTaken) {
  Channel& channel = Add(ChannelRole::kListen);
  TestLink& link = Link(channel);
  EXPECT_EQ(links.Find(&link), &channel);
  EXPECT_EQ(counters[kLinks].value(), 1u);
  auto taken = links.Take(channel);
  EXPECT_EQ(taken.get(), &link);
  EXPECT_EQ(links.Find(&link), nullptr);
  EXPECT_EQ(links.Find(nullptr), nullptr);
  EXPECT_EQ(channel.link, nullptr);
  EXPECT_EQ(counters[kLinks].value(), 0u);
}

TEST_F(LinkTableTest, AServiceHasItsChannelsAndSomeSpare) {
  const config::ServiceConfig& service = shared.config.services.front();
  std::size_t held = 0;
  Channel* last = nullptr;
  for (; links.HasRoomFor(service) && held < 1000; ++held) Link(*(last = &Add({})));
  EXPECT_EQ(held, service.channels + 32u);
  links.Take(*last).reset();
  EXPECT_TRUE(links.HasRoomFor(service));
}

TEST_F(LinkTableTest, WhatIsMarkedIsFlushedOnce) {
  Channel& channel = Add(ChannelRole::kListen);
  TestLink& link = Link(channel);
  link.pending = 700;
  links.MarkDirty(channel);
  links.MarkDirty(channel);
  links.Flush([](Channel&) { FAIL() << "it is not broken"; });
  links.UpdateGauges();
  EXPECT_EQ(counters[kQueuedToEdgesBytes].value(), 700u);
  link.broken = true;
  links.Flush([](Channel&) { FAIL() << "nothing is marked"; });
  int broken = 0;
  links.MarkDirty(channel);
  links.Flush([&](Channel& it) {
    ++broken;
    links.Take(it).reset();
  });
  EXPECT_EQ(broken, 1);
  links.UpdateGauges();
  EXPECT_EQ(counters[kQueuedToEdgesBytes].value(), 0u);
}

TEST_F(LinkTableTest, RefusedEdgeMayOpenAgain) {
  Channel& channel = Add(ChannelRole::kListen);
  TestLink& link = Link(channel);
  links.RefuseEdge(channel, ChannelId(5), "no stream is free");
  ASSERT_EQ(link.output.size(), 1u);
  EXPECT_EQ(TestEdge::TypeOf(link.output[0]), wire::FrameType::kRefused);
  EXPECT_EQ(channel.state(), ChannelState::kRefused);
  EXPECT_TRUE(channel.IsConsistent());
}

}  // namespace
}  // namespace funnel::sctpd
