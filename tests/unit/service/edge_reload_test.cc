#include "common/service/edge_reload.h"

#include <gtest/gtest.h>

namespace funnel::service {
namespace {

using namespace std::chrono_literals;

config::ServiceConfig Dns() {
  config::ServiceConfig service;
  service.name = *ServiceName::Parse("dns");
  service.listen_address = {{.host = "127.0.0.1", .port = 53}};
  service.peer = "hoster";
  return service;
}

TEST(EdgeReload, TakesWhatCanChange) {
  config::ServiceConfig next = Dns();
  next.idle_timeout = 1s;
  EXPECT_TRUE(KeepFixed(Dns(), next).empty());
  EXPECT_EQ(next.idle_timeout, 1s);
}

TEST(EdgeReload, KeepsAPortAndNamesTheSocketsRestart) {
  config::ServiceConfig next = Dns();
  next.listen_address[0].port = 54;
  next.idle_timeout = 1s;
  auto left = KeepFixed(Dns(), next);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].key, "[listen] address");
  EXPECT_EQ(left[0].command, "systemctl daemon-reload && systemctl restart funnel-udpd@dns.socket");
  EXPECT_EQ(next.listen_address[0].port, 53);
  EXPECT_EQ(next.idle_timeout, 1s) << "the rest is taken";
}

TEST(EdgeReload, KeepsPeerChannelsAndUser) {
  config::ServiceConfig next = Dns();
  next.peer = "other";
  next.channels = 2;
  next.edge_user = "somebody";
  EXPECT_EQ(KeepFixed(Dns(), next).size(), 3u);
  EXPECT_EQ(next.peer, "hoster");
  EXPECT_EQ(next.channels, 1u);
  EXPECT_EQ(next.edge_user, "");
}

TEST(EdgeReload, TakesACheckWithASecretOnlyWithTheSecret) {
  config::ServiceConfig running = Dns();
  running.role = config::Role::kConnect;
  config::ServiceConfig next = running;
  next.check.kind = config::HealthCheck::Kind::kRadius;
  next.check_secret_file = "/etc/secret";
  const auto left = KeepFixed(running, next);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].key, "[connect] check-secret-file");
  EXPECT_EQ(left[0].command,
            "systemctl daemon-reload && systemctl restart funnel-udpd@dns.service");
  EXPECT_EQ(next.check, running.check);
}

TEST(EdgeReload, TakesAnotherSource) {
  config::ServiceConfig running = Dns();
  running.role = config::Role::kConnect;
  config::ServiceConfig next = running;
  next.source = *config::Source::Parse("192.0.2.1:20000-20009");
  EXPECT_TRUE(KeepFixed(running, next).empty());
  EXPECT_TRUE(next.source.has_ports());
}

TEST(EdgeReload, TakesNothingOfAnotherKindOfService) {
  config::ServiceConfig next = Dns();
  next.protocol = config::Protocol::kTcp;
  next.idle_timeout = 1s;
  auto left = KeepFixed(Dns(), next);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_NE(left[0].command.find("enable --now funnel-tcpd@dns.socket"), std::string::npos);
  EXPECT_EQ(next.protocol, config::Protocol::kUdp);
  EXPECT_NE(next.idle_timeout, 1s);
  next = Dns();
  next.role = config::Role::kConnect;
  EXPECT_EQ(KeepFixed(Dns(), next).size(), 1u);
}

}  // namespace
}  // namespace funnel::service
