// How packets are marked (dscp), with sockets of the kernel at both ends.
#include "funnel-udpd/receive_batch.h"
#include "funnel-udpd/socket_options.h"
#include "tests/unit/udpd/udp_edges.h"

namespace funnel::udpd {
namespace {

constexpr int kExpedited = 46, kAssured = 10;

class MarksTest : public UdpEdgeTest {
 protected:
  void SetUp() override {
    UdpEdgeTest::SetUp();
    backend_watch_.reset();  // the test receives
    ASSERT_TRUE(ReportMark(backend_.get(), AF_INET));
  }
  void Copy() { near_service_.dscp = far_service_.dscp = *config::Dscp::Parse("copy"); }
  static void Mark(int fd, int family, int dscp) {
    const int traffic_class = (dscp << 2) | 2;  // with an ECN bit, which goes nowhere
    const bool v6 = family == AF_INET6;
    ASSERT_EQ(setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS,
                         &traffic_class, sizeof traffic_class),
              0);
  }
  struct Got {
    int dscp = -1;
    std::string text;
    SocketAddress from;
  };
  // The next datagram at FD.
  Got At(int fd) {
    ReceiveBatch batch;
    Got got;
    EXPECT_TRUE(Until([&] {
      const auto count = batch.Receive(fd);
      if (!count || *count == 0) return false;
      got = {batch.dscp(0), std::string(AsText(batch.payload(0))), batch.source(0)};
      return true;
    }));
    return got;
  }
  // The client asks with MARK; how the backend sees that.
  Got Asked(const Client& client, int mark) {
    Mark(client.fd.get(), ports_[0].family(), mark);
    SendTo(client.fd.get(), ports_[0], AsBytes("asks"));
    return At(backend_.get());
  }
  // The backend answers the flow at TO with MARK; how CLIENT sees that.
  Got Answered(const Client& client, const SocketAddress& to, int mark) {
    EXPECT_TRUE(ReportMark(client.fd.get(), ports_[0].family()));
    Mark(backend_.get(), AF_INET, mark);
    SendTo(backend_.get(), to, AsBytes("answers"));
    return At(client.fd.get());
  }
};

TEST_F(MarksTest, NothingIsMarkedUnlessTheKeySaysSo) {
  Start();
  const Client client;
  const Got asked = Asked(client, kExpedited);
  EXPECT_EQ(asked.dscp, 0);
  EXPECT_EQ(Answered(client, asked.from, kAssured).dscp, 0);
  EXPECT_EQ(Near(kDatagramsMarked) + Far(kDatagramsMarked), 0u);
}

TEST_F(MarksTest, CopyCarriesEachMarkBothWays) {
  Copy();
  Start();
  const Client client;
  const Got asked = Asked(client, kExpedited);
  EXPECT_EQ(asked.dscp, kExpedited);
  EXPECT_EQ(Asked(client, 0).dscp, 0);
  EXPECT_EQ(Asked(client, 63).dscp, 63);
  const Got answered = Answered(client, asked.from, kAssured);
  EXPECT_EQ(answered.dscp, kAssured);
  EXPECT_EQ(answered.text, "answers");
  EXPECT_EQ(Far(kDatagramsMarked), 2u);
  EXPECT_EQ(Near(kDatagramsMarked), 1u);
}

TEST_F(MarksTest, CopyWorksTowardsClientsOfIpv6) {
  Copy();
  Start({"::1"});
  const Client client("::1");
  const Got asked = Asked(client, kExpedited);
  EXPECT_EQ(asked.dscp, kExpedited);
  EXPECT_EQ(Answered(client, asked.from, kAssured).dscp, kAssured);
}

TEST_F(MarksTest, EachEndDecidesForItselfAndAValueIsForAll) {
  far_service_.dscp = *config::Dscp::Parse("AF41");
  Start();
  const Client client;
  const Got asked = Asked(client, kExpedited);
  EXPECT_EQ(asked.dscp, 34);
  EXPECT_EQ(Answered(client, asked.from, kAssured).dscp, 0);
  far_service_.dscp = *config::Dscp::Parse("0");
  far_app_->OnReload(far_service_);
  EXPECT_EQ(Asked(client, kExpedited).dscp, 0);
}

}  // namespace
}  // namespace funnel::udpd
