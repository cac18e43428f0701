#include <unistd.h>

#include <fstream>

#include "tests/unit/udpd/udp_edges.h"

namespace funnel::udpd {
namespace {

TEST_F(UdpEdgeTest, FlowsAndBackendSocketsSurviveSctpd) {
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("before"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  sctpd_->Stop();
  ASSERT_TRUE(Until([&] { return near_->channel_count() == 0 && far_->channel_count() == 0; }));
  sctpd_->Start();
  ASSERT_TRUE(UntilUp());
  // Even a datagram that the backend sends first arrives, because the flow is announced again.
  ASSERT_TRUE(Until([&] { return Far(kFlowsAnnouncedAgain) == 1; }));
  SendTo(backend_.get(), asked_[0].second, AsBytes("unasked"));
  ASSERT_TRUE(UntilAnswered(client, 2));
  EXPECT_EQ(client.answers[1].first, "unasked");
  SendTo(client.fd.get(), ports_[0], AsBytes("after"));
  ASSERT_TRUE(UntilAnswered(client, 3));
  EXPECT_EQ(asked_[0].second, asked_[1].second);
  EXPECT_EQ(Far(kFlowsTotal), 1u);
}

TEST_F(UdpEdgeTest, AClientsFirstDatagramOpensItsFlow) {
  authd_->features = wire::kDatagramFeatures;
  Start();
  for (const std::uint64_t count : {1u, 2u}) {
    Client client;  // from a port of its own
    SendTo(client.fd.get(), ports_[0], AsBytes("who?"));
    ASSERT_TRUE(UntilAnswered(client, 1));
    ASSERT_TRUE(Until([&] { return Far(service::kSessionsOpenedByDatagram) == count; }));
  }
  EXPECT_EQ(Near(service::kSessionsOpenedByDatagram), 2u);
  EXPECT_EQ(Far(service::kSessionsOpenedByFrame), 0u);
  EXPECT_EQ(Far(kFlowsTotal), 2u);
  // A flow that a new channel announces again has no datagram to be sent with.
  sctpd_->Stop();
  ASSERT_TRUE(Until([&] { return near_->channel_count() == 0 && far_->channel_count() == 0; }));
  sctpd_->Start();
  ASSERT_TRUE(Until([&] { return Far(service::kSessionsOpenedByFrame) == 2; }));
  EXPECT_EQ(Far(kFlowsAnnouncedAgain), 2u);
}

TEST_F(UdpEdgeTest, SuppressesResendsUntilAnAnswer) {
  near_service_.suppress_resends = true;
  answering_ = false;
  Start();
  Client client;
  for (int i = 0; i < 3; ++i) SendTo(client.fd.get(), ports_[0], AsBytes("again"));
  SendTo(client.fd.get(), ports_[0], AsBytes("other"));
  ASSERT_TRUE(Until([&] { return asked_.size() == 2; }));
  EXPECT_EQ(Near(kResendsSuppressed), 2u);
  SendTo(backend_.get(), asked_[0].second, AsBytes("answer"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  SendTo(client.fd.get(), ports_[0], AsBytes("again"));
  ASSERT_TRUE(Until([&] { return asked_.size() == 3; }));
}

TEST_F(UdpEdgeTest, ResendsPassWhereTheServiceDoesNotSuppressThem) {
  Start();
  Client client;
  for (int i = 0; i < 3; ++i) SendTo(client.fd.get(), ports_[0], AsBytes("again"));
  ASSERT_TRUE(UntilAnswered(client, 3));
}

TEST_F(UdpEdgeTest, IdleFlowsEndOnBothSides) {
  near_service_.idle_timeout = milliseconds(50);
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  ASSERT_TRUE(Until([&] { return Near(kFlows) == 0 && Far(kFlows) == 0; }));
  EXPECT_EQ(Near(kFlowsExpired), 1u);
  // And a new flow begins.
  SendTo(client.fd.get(), ports_[0], AsBytes("y"));
  ASSERT_TRUE(UntilAnswered(client, 2));
}

TEST_F(UdpEdgeTest, TheFarSidesIdleTimeoutDoesNotLoseTheClient) {
  far_service_.idle_timeout = milliseconds(50);
  far_service_.lifetime = milliseconds(0);
  Start();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  ASSERT_TRUE(Until([&] { return Far(kFlows) == 0; }));
  Settle();  // the near side has learnt of it
  SendTo(client.fd.get(), ports_[0], AsBytes("y"));
  ASSERT_TRUE(UntilAnswered(client, 2));
}

TEST_F(UdpEdgeTest, ABackendThatIsNotThereIsCountedAndComesBack) {
  Start();
  std::uint16_t port = far_service_.connect_address[0].endpoint.port;
  backend_watch_.reset();
  backend_.reset();
  Client client;
  SendTo(client.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(Until([&] { return Far(kBackendRefused) >= 1; }));
  Settle();  // the near side has learnt of it
  backend_ = Bound("127.0.0.1", port);
  backend_watch_ = *loop_->AddIo(backend_.get(), EPOLLIN, [this](std::uint32_t) { OnBackend(); });
  SendTo(client.fd.get(), ports_[0], AsBytes("y"));
  ASSERT_TRUE(UntilAnswered(client, 1));
  EXPECT_EQ(client.answers[0].first, "y");
}

std::size_t ResidentBytes() {
  std::ifstream status("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  status >> total >> resident;
  return resident * static_cast<std::size_t>(getpagesize());
}

// Many clients with few sockets: each socket sends from several addresses of 127/8.
class Crowd {
 public:
  static constexpr std::size_t kSockets = 100;
  Crowd() {
    for (std::size_t i = 0; i < kSockets; ++i) clients_.emplace_back("0.0.0.0");
  }
  // The INDEXth client asks.
  void Ask(std::size_t index, const SocketAddress& to) {
    auto source = htonl(0x7F010001u + static_cast<unsigned>(index / kSockets));
    in_pktinfo info{};
    memcpy(&info.ipi_spec_dst, &source, 4);
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof info)] = {};
    char byte = 'q';
    iovec piece{&byte, 1};
    msghdr message{};
    message.msg_name = const_cast<sockaddr*>(to.data());
    message.msg_namelen = to.size();
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type = IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(c), &info, sizeof info);
    ASSERT_EQ(sendmsg(clients_[index % kSockets].fd.get(), &message, 0), 1);
  }
  [[nodiscard]] std::size_t TakeAnswers() {
    std::size_t answered = 0;
    for (Client& client : clients_) {
      client.Take();
      answered += client.answers.size();
    }
    return answered;
  }

 private:
  std::vector<Client> clients_;
};

// Both edges and the played daemons are in one process. All clients send at once.
TEST_F(UdpEdgeTest, TenThousandFlowsAtOnceAreAllAnswered) {
  constexpr std::size_t kClients = 10'000;
  Start();
  Settle();
  std::size_t before = ResidentBytes();

  Crowd crowd;
  for (std::size_t sent = 0; sent < kClients;) {
    crowd.Ask(sent++, ports_[0]);
    // The receive buffer of an unprivileged socket can hold a few hundred.
    if (sent % 200 == 0) {
      ASSERT_TRUE(Until([&] { return Near(kDatagramsIn) == sent; }));
    }
  }

  EXPECT_TRUE(Until([&] { return crowd.TakeAnswers() == kClients; })) << crowd.TakeAnswers();
  EXPECT_EQ(Near(kFlows), kClients);
  EXPECT_EQ(Far(kFlows), kClients);

  std::size_t per_flow = (ResidentBytes() - before) / kClients;
  RecordProperty("bytes_per_flow_both_sides", static_cast<int>(per_flow));
  std::cout << "both sides together, a flow: " << per_flow << " bytes\n";
#if !defined(__SANITIZE_ADDRESS__)
  EXPECT_LT(per_flow, 2 * 4096u);
#endif
}

// Forged addresses: none sends again after an answer.
TEST_F(UdpEdgeTest, AFloodOfNewAddressesLocksNobodyOut) {
  near_service_.max_flows = 50;
  Start();

  Client known;
  for (std::size_t i = 1; i <= 2; ++i) {
    SendTo(known.fd.get(), ports_[0], AsBytes("x"));
    ASSERT_TRUE(UntilAnswered(known, i));
  }
  const SocketAddress port = asked_[0].second;

  answering_ = false;
  Crowd crowd;
  for (std::size_t sent = 0; sent < 1000;) {
    crowd.Ask(sent++, ports_[0]);
    if (sent % 100 == 0) {
      ASSERT_TRUE(Until([&] { return Near(kDatagramsIn) == 2 + sent; }));
    }
  }

  EXPECT_EQ(Near(kFlows), 50u);
  Settle();
  answering_ = true;

  Client fresh;
  SendTo(fresh.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(fresh, 1));

  asked_.clear();
  SendTo(known.fd.get(), ports_[0], AsBytes("x"));
  ASSERT_TRUE(UntilAnswered(known, 3));
  EXPECT_EQ(asked_.back().second, port) << "its flow at the backend has stayed";
}

// More flows than a channel takes before its far end has sent anything (1,024).
TEST_F(UdpEdgeTest, ABurstOfNewClientsWaitsForRoomInTheChannel) {
  constexpr std::size_t kClients = 2'000;
  near_service_.connect_wait = std::chrono::minutes(1);
  authd_->hold_redeem = true;
  StartFar();
  StartNear({"127.0.0.1"});
  ASSERT_TRUE(Until([&] { return near_->channel_count() == 1; }));
  Crowd crowd;
  for (std::size_t sent = 0; sent < kClients;) {
    crowd.Ask(sent++, ports_[0]);
    if (sent % 200 == 0) {
      ASSERT_TRUE(Until([&] { return Near(kDatagramsIn) == sent; }));
    }
  }
  EXPECT_EQ(crowd.TakeAnswers(), 0u);
  authd_->hold_redeem = false;
  authd_->AnswerRedeem();
  EXPECT_TRUE(Until([&] { return crowd.TakeAnswers() == kClients; })) << crowd.TakeAnswers();
  EXPECT_EQ(Near(kWaitingDropped), 0u);
}

}  // namespace
}  // namespace funnel::udpd
