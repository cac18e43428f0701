// Datagrams that are larger than the path takes (fragment). The path is the loopback interface,
// which takes the largest one over IPv4, but not over IPv6.
#include "tests/unit/udpd/udp_edges.h"

namespace funnel::udpd {
namespace {

class FragmentTest : public UdpEdgeTest {
 protected:
  static constexpr std::size_t kLarge = 65'500;

  void Ask(const Client& client, std::size_t size) {
    SendTo(client.fd.get(), ports_[0], Bytes(size, 'x'));
  }
};

TEST_F(FragmentTest, ByDefaultItIsCutHere) {
  Start({"::1"});
  Client client("::1");
  Ask(client, kLarge);
  ASSERT_TRUE(UntilAnswered(client, 1));
  EXPECT_EQ(client.answers[0].first.size(), kLarge);
  EXPECT_EQ(Near(kDatagramsTooLarge), 0u);
}

TEST_F(FragmentTest, NeverDropsItAndPassesOthers) {
  near_service_.fragment = config::Fragment::kNever;
  Start({"::1"});
  Client client("::1");
  Ask(client, kLarge);
  ASSERT_TRUE(Until([&] { return Near(kDatagramsTooLarge) == 1; }));
  Ask(client, 1000);
  ASSERT_TRUE(UntilAnswered(client, 1));
  EXPECT_EQ(client.answers[0].first.size(), 1000u);
  EXPECT_EQ(Near(kSendErrors), 0u);
}

TEST_F(FragmentTest, AReloadChangesSocketsThatAreThere) {
  near_service_.fragment = config::Fragment::kNever;
  Start({"::1"});
  Client client("::1");
  Ask(client, kLarge);
  ASSERT_TRUE(Until([&] { return Near(kDatagramsTooLarge) == 1; }));
  near_service_.fragment = config::Fragment::kAnywhere;
  near_app_->OnReload(near_service_);
  Ask(client, kLarge);
  ASSERT_TRUE(UntilAnswered(client, 1));
}

TEST_F(FragmentTest, TowardsTheBackendItIsTheSame) {
  far_service_.fragment = config::Fragment::kNever;
  backend_watch_.reset();
  backend_ = Bound("::1");
  backend_watch_ = *loop_->AddIo(backend_.get(), EPOLLIN, [this](std::uint32_t) { OnBackend(); });
  far_service_.connect_address[0].endpoint.host = "::1";
  far_service_.connect_address[0].endpoint.port = NameOf(backend_.get()).port();
  Start();
  Client client;
  Ask(client, kLarge);
  ASSERT_TRUE(Until([&] { return Far(kDatagramsTooLarge) == 1; }));
  Ask(client, 1000);
  ASSERT_TRUE(UntilAnswered(client, 1));
  EXPECT_EQ(Far(kConnectFailed), 0u) << "another address would not take it either";
  far_service_.fragment = config::Fragment::kHere;
  far_app_->OnReload(far_service_);
  Ask(client, kLarge);
  ASSERT_TRUE(UntilAnswered(client, 2));
}

}  // namespace
}  // namespace funnel::udpd
