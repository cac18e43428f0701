#include "tests/unit/udpd/udp_edges.h"

namespace funnel::udpd {
namespace {

class RoomTest : public UdpEdgeTest {
 protected:
  // Whether CLIENT's next datagram is answered.
  bool Answered(Client& client, std::string_view text = "x") {
    SendTo(client.fd.get(), ports_[0], AsBytes(text));
    return UntilAnswered(client, client.answers.size() + 1);
  }
};

TEST_F(RoomTest, ANewClientTakesThePlaceOfTheLeastUseful) {
  near_service_.max_flows = 2;
  Start();
  Client one, two, three;
  for (Client* each : {&one, &two, &three}) {
    ASSERT_TRUE(Answered(*each));
    // The first one continues, the others do not.
    ASSERT_TRUE(Answered(one, "y"));
  }
  EXPECT_EQ(Near(kFlowsOverLimit), 1u);
  EXPECT_EQ(Near(kFlows), 2u);
  EXPECT_EQ(Near(kFlowsTotal), 3u);
  ASSERT_TRUE(Until([&] { return Far(kFlows) == 2; }));
}

TEST_F(RoomTest, TheFarSideMakesRoomToo) {
  far_service_.max_flows = 2;
  Start();
  Client clients[4];
  for (Client& each : clients) ASSERT_TRUE(Answered(each));
  EXPECT_EQ(Far(kFlowsOverLimit), 2u);
  EXPECT_EQ(Far(kFlows), 2u);
  // A flow that had to go is accepted again when its client sends.
  ASSERT_TRUE(Answered(clients[0], "y"));
}

TEST_F(RoomTest, AFarEndBeyondItsShareTakesItsOwnPlaces) {
  far_service_.max_flows_per_peer = 2;
  Start();
  Client clients[4];
  for (Client& each : clients) ASSERT_TRUE(Answered(each));
  EXPECT_EQ(Far(kFlowsOverLimit), 2u);
  EXPECT_EQ(Far(kFlows), 2u);
}

TEST_F(RoomTest, AClientBeyondItsShareTakesItsOwnPlaces) {
  near_service_.max_flows_per_client = 2;
  Start();
  Client other("127.0.0.2");
  ASSERT_TRUE(Answered(other));
  Client clients[4];
  for (Client& each : clients) ASSERT_TRUE(Answered(each));
  EXPECT_EQ(Near(kFlowsOverLimit), 2u);
  EXPECT_EQ(Near(kFlows), 3u);
}

TEST_F(RoomTest, AClientThatTakesAllPlacesMakesRoomItself) {
  near_service_.max_flows = 8;
  Start();
  Client other("127.0.0.2");
  ASSERT_TRUE(Answered(other));
  Client clients[20];
  for (Client& each : clients) ASSERT_TRUE(Answered(each, "y"));
  EXPECT_EQ(Near(kFlows), 8u);
  // Its flow is the longest idle one, but has stayed.
  ASSERT_TRUE(Answered(other));
  EXPECT_EQ(Near(kFlowsTotal), 21u);
}

TEST_F(RoomTest, AClientOverARateIsDroppedAndOthersAreServed) {
  near_service_.client_new_rate = 3;
  near_service_.client_datagram_rate = 2;
  near_service_.client_byte_rate_bytes = 1;
  Start();
  Client greedy, other("127.0.0.2"), large("127.0.0.3");
  for (int i = 0; i < 3; ++i) SendTo(greedy.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return Near(kClientDatagramsOverRate) == 1; }));
  ASSERT_TRUE(UntilAnswered(greedy, 2));
  ASSERT_TRUE(Answered(other));
  const std::string much(40000, 'x');
  ASSERT_TRUE(Answered(large, much));
  SendTo(large.fd.get(), ports_[0], AsBytes(much));
  ASSERT_TRUE(Until([&] { return Near(kClientBytesOverRate) == 1; }));
  EXPECT_GT(Near(kClientLimitedAt), 0u);
  EXPECT_EQ(Near(kFlowsTotal), 3u);
}

TEST_F(RoomTest, AFarEndOverARateIsDropped) {
  far_service_.peer_datagram_rate = 2;
  Start();
  Client one, two("127.0.0.2");
  // So many at once that a slow machine cannot return any of them meanwhile.
  for (int i = 0; i < 16; ++i) SendTo((i % 2 == 0 ? one : two).fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return Far(kPeerDatagramsOverRate) > 0; }));
  EXPECT_GT(Far(kPeerLimitedAt), 0u);

  far_service_.peer_datagram_rate = 0;
  far_service_.peer_byte_rate_bytes = 1;
  far_app_->OnReload(far_service_);
  Client large;
  const std::string much(40000, 'x');
  ASSERT_TRUE(Answered(large, much));
  SendTo(large.fd.get(), ports_[0], AsBytes(much));
  ASSERT_TRUE(Until([&] { return Far(kPeerBytesOverRate) == 1; }));

  far_service_.peer_byte_rate_bytes = 0;
  far_app_->OnReload(far_service_);
  ASSERT_TRUE(Answered(large, much));
}

TEST_F(RoomTest, AFarEndBeginsNoMoreFlowsThanItsRate) {
  far_service_.peer_new_rate = 1;
  Start();
  Client known, next[16];
  ASSERT_TRUE(Answered(known));
  for (Client& each : next) SendTo(each.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return Far(kPeerNewsOverRate) > 0; }));
  ASSERT_TRUE(Answered(known));
  // A client that was refused begins anew when there is room.
  far_service_.peer_new_rate = 0;
  far_app_->OnReload(far_service_);
  for (Client& each : next) ASSERT_TRUE(Answered(each, "y"));
}

TEST_F(RoomTest, ADatagramThatWouldBeginAFlowOverTheRateIsDropped) {
  near_service_.client_new_rate = 1;
  Start();
  // So many at once that a slow machine cannot return any of them meanwhile.
  Client known, next[16], other("127.0.0.2");
  ASSERT_TRUE(Answered(known));
  for (Client& each : next) SendTo(each.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return Near(kClientNewsOverRate) > 0; }));
  ASSERT_TRUE(Answered(known) && Answered(other));
}

TEST_F(RoomTest, OnlyClientsThatMayAreServedAlsoThoseThatHaveAFlow) {
  Start();
  Client known, other("127.0.0.2");
  ASSERT_TRUE(Answered(known));
  near_service_.client_allow = {*config::Network::Parse("127.0.0.2/32")};
  near_app_->OnReload(near_service_);
  SendTo(known.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return Near(kClientsTurnedAway) == 1; }));
  ASSERT_TRUE(Answered(other));
}

TEST_F(RoomTest, AFlowOfOneAnswerEndsSooner) {
  near_service_.answered_timeout = milliseconds(20);
  near_service_.idle_timeout = std::chrono::hours(1);
  Start();
  Client client;
  ASSERT_TRUE(Answered(client));
  ASSERT_TRUE(Until([&] { return Near(kFlows) == 0 && Far(kFlows) == 0; }));
  EXPECT_EQ(Near(kFlowsExpired), 1u);
}

}  // namespace
}  // namespace funnel::udpd
