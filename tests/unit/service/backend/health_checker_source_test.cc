// From where checks go: [connect] source.
#include "tests/unit/service/backend/health_checker_fixture.h"

namespace funnel::service {
namespace {

TEST_F(HealthCheckerTest, ConnectsFromWhereClientsSessionsDo) {
  const UniqueFd listener = tcpd::Listen("127.0.0.1");
  service_.source = *config::Source::Parse("127.0.0.5");
  Start(config::Protocol::kTcp, "connect", "", {BoundAddress(listener.get()).text()});
  EXPECT_EQ(Next(), "passed");
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  const UniqueFd taken(accept4(listener.get(), reinterpret_cast<sockaddr*>(&from), &size, 0));
  EXPECT_EQ(SocketAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&from), size)->ip_text(),
            "127.0.0.5");

  service_.source = *config::Source::Parse("192.0.2.77");
  checker_.Configure(pool_, preface_);
  EXPECT_EQ(Next(), "source: 192.0.2.77: Cannot assign requested address");
  service_.source = *config::Source::Parse("transparent");
  checker_.Configure(pool_, preface_);
  EXPECT_EQ(Next(), "passed") << "from this node's own address";
}

TEST_F(HealthCheckerTest, SaysNothingWhileSessionsHaveAllPorts) {
  const UniqueFd server = BindDatagram(), holder = BindDatagram();
  const std::string port = std::to_string(BoundAddress(holder.get()).port());
  service_.source = *config::Source::Parse("127.0.0.1:" + port);
  Start(config::Protocol::kUdp, "text:x", "", {BoundAddress(server.get()).text()});
  const TimePoint end = Now() + 5 * service_.check_every;
  ASSERT_TRUE(Until([&] { return Now() > end; }));
  EXPECT_EQ(said_, "");
  service_.source = *config::Source::Parse("127.0.0.5:" + port);
  checker_.Configure(pool_, preface_);
  Answer(server, [](const Bytes& asked) { return asked; });
  EXPECT_EQ(Next(), "passed");
}

}  // namespace
}  // namespace funnel::service
