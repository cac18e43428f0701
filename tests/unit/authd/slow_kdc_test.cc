// A KDC that accepts requests and never answers delays only its own service.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "common/ipc/authd_messages.h"
#include "tests/unit/authd/two_nodes.h"

namespace funnel::authd {
namespace {

// Accepts datagrams and connections, and never answers.
class SilentKdc {
 public:
  SilentKdc() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(tcp_.get(), generic, size), 0);
    EXPECT_EQ(::listen(tcp_.get(), 64), 0);
    EXPECT_EQ(::getsockname(tcp_.get(), generic, &size), 0);
    EXPECT_EQ(::bind(udp_.get(), generic, size), 0);
    port_ = ntohs(address.sin_port);
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  UniqueFd tcp_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  UniqueFd udp_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  int port_ = 0;
};

class SlowKdcTest : public test::TwoNodes {
 protected:
  static constexpr int kSlowServices = 12;

  SlowKdcTest() : TwoNodes("handshake-timeout = 1s\nhandshake-threads = 4\n") {
    realm_.AddClientRealm("SLOW.TEST", kdc_.address());
    // It is in our KDC's database only so that the keytab gets a key of that name.
    realm_.Add({"dns/slow@SLOW.TEST"});
    realm_.Keytab("branch.keytab", {"dns/slow@SLOW.TEST"});
    for (int i = 0; i < kSlowServices; ++i)
      branch_node_->Configure(
          "services.d/slow" + std::to_string(i) + ".ini",
          ListenIni(std::to_string(6000 + i), "dns/slow@SLOW.TEST", "dns/other@SLOW.TEST"));
    StartBoth();
  }

  SilentKdc kdc_;
};

TEST_F(SlowKdcTest, DelaysNoOtherService) {
  test::TestClient slow = branch_node_->Connect(), quick = branch_node_->Connect();
  // Several requests of each slow service: more than there are threads.
  for (int i = 0; i < 4 * kSlowServices; ++i)
    slow.Send(ipc::Initiate{.request = static_cast<std::uint32_t>(i),
                            .service = Service("slow" + std::to_string(i % kSlowServices))});
  ASSERT_TRUE(test::RunUntil(*loop_, [this] {
    return branch_node_->server().shared().initiate_pool.running() == 2 * kSlowServices;
  }));
  quick.Send(ipc::Initiate{.request = 1, .service = Service("dns")});
  EXPECT_FALSE(quick.Receive<ipc::Opening>().open_body.empty());
  // A client that asks in vain gets its answer in time, not when the library gives up.
  for (int i = 0; i < 4 * kSlowServices; ++i) {
    const auto failed = slow.Receive<ipc::Failed>();
    EXPECT_EQ(failed.code, ipc::FailureCode::kLocal);
    EXPECT_NE(failed.text.find("unreachable KDC"), std::string::npos) << failed.text;
  }
  EXPECT_EQ(branch_node_->Count(kHandshakesTimedOut), 4u * kSlowServices);
}

}  // namespace
}  // namespace funnel::authd
