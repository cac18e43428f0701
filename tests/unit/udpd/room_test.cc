#include "tests/unit/udpd/udp_edges.h"

namespace funnel::udpd {
namespace {

TEST_F(UdpEdgeTest, ANewClientTakesThePlaceOfTheLeastUseful) {
  near_service_.max_flows = 2;
  Start();
  Client one, two, three;
  for (Client* each : {&one, &two, &three}) {
    SendTo(each->fd.get(), ports_[0], AsBytes("x"));
    ASSERT_TRUE(UntilAnswered(*each, 1));
    // The first goes on, the others leave it at that.
    SendTo(one.fd.get(), ports_[0], AsBytes("y"));
    ASSERT_TRUE(UntilAnswered(one, each == &one ? 2 : 1 + one.answers.size()));
  }
  EXPECT_EQ(Near(kFlowsOverLimit), 1u);
  EXPECT_EQ(Near(kFlows), 2u);
  EXPECT_EQ(Near(kFlowsTotal), 3u);
  ASSERT_TRUE(Until([&] { return Far(kFlows) == 2; }));
}

TEST_F(UdpEdgeTest, TheFarSideMakesRoomToo) {
  far_service_.max_flows = 2;
  Start();
  Client clients[4];
  for (Client& each : clients) {
    SendTo(each.fd.get(), ports_[0], AsBytes("x"));
    ASSERT_TRUE(UntilAnswered(each, 1));
  }
  EXPECT_EQ(Far(kFlowsOverLimit), 2u);
  EXPECT_EQ(Far(kFlows), 2u);
  // One that had to go is taken again when it asks.
  SendTo(clients[0].fd.get(), ports_[0], AsBytes("y"));
  ASSERT_TRUE(UntilAnswered(clients[0], 2));
}

TEST_F(UdpEdgeTest, AFarEndBeyondItsShareTakesItsOwnPlaces) {
  far_service_.max_flows_per_peer = 2;
  Start();
  Client clients[4];
  for (Client& each : clients) {
    SendTo(each.fd.get(), ports_[0], AsBytes("x"));
    ASSERT_TRUE(UntilAnswered(each, 1));
  }
  EXPECT_EQ(Far(kFlowsOverLimit), 2u);
  EXPECT_EQ(Far(kFlows), 2u);
}

TEST_F(UdpEdgeTest, AClientBeyondItsShareTakesItsOwnPlaces) {
  near_service_.max_flows_per_client = 2;
  Start();
  Client other("127.0.0.2");
  SendTo(other.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(other, 1));
  Client clients[4];
  for (Client& each : clients) {
    SendTo(each.fd.get(), ports_[0], AsBytes("x"));
    ASSERT_TRUE(UntilAnswered(each, 1));
  }
  EXPECT_EQ(Near(kFlowsOverLimit), 2u);
  EXPECT_EQ(Near(kFlows), 3u);
}

TEST_F(UdpEdgeTest, AClientThatTakesAllPlacesMakesRoomItself) {
  near_service_.max_flows = 8;
  Start();
  Client other("127.0.0.2");
  SendTo(other.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(other, 1));
  Client clients[20];
  for (Client& each : clients) {
    SendTo(each.fd.get(), ports_[0], AsBytes("y"));
    ASSERT_TRUE(UntilAnswered(each, 1));
  }
  EXPECT_EQ(Near(kFlows), 8u);
  // Its flow is the longest idle, and has stayed all the same.
  SendTo(other.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(other, 2));
  EXPECT_EQ(Near(kFlowsTotal), 21u);
}

TEST_F(UdpEdgeTest, AFlowOfOneAnswerEndsSooner) {
  near_service_.answered_timeout = milliseconds(20);
  near_service_.idle_timeout = std::chrono::hours(1);
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  ASSERT_TRUE(Until([&] { return Near(kFlows) == 0 && Far(kFlows) == 0; }));
  EXPECT_EQ(Near(kFlowsExpired), 1u);
}

}  // namespace
}  // namespace funnel::udpd
