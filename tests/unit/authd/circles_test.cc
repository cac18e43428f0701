// Circles of services are refused, with a reason that both ends show.
#include "funnel-authd/circles.h"

#include <gtest/gtest.h>

#include "common/ipc/authd_messages.h"
#include "tests/unit/authd/channel_fixture.h"

namespace funnel::authd {
namespace {

config::ServiceConfig Listening(const std::string& name, const std::string& address,
                                const std::string& target) {
  config::ServiceConfig service;
  service.name = *ServiceName::Parse(name);
  service.wire_name = name;
  service.target = target;
  service.listen_address = {*config::Endpoint::ParseBackend(address)};
  return service;
}

config::ServiceConfig Connecting(const std::string& name, const std::string& address) {
  config::ServiceConfig service;
  service.name = *ServiceName::Parse(name);
  service.wire_name = name;
  service.role = config::Role::kConnect;
  service.connect_address = {*config::Backend::Parse(address)};
  return service;
}

config::Configuration Node(const std::string& name, std::vector<config::ServiceConfig> services) {
  config::Configuration config;
  config.node.name = name;
  config.services = std::move(services);
  return config;
}

// SERVICE's OPEN as FROM sends it.
wire::OpenBody OpenOf(const std::string& service, const config::Configuration& from,
                      const Circles& circles) {
  wire::OpenBody open;
  open.service = service;
  open.fed_by = circles.FeedsOf(from, *ServiceName::Parse(service));
  return open;
}

Result<> Judge(const config::Configuration& at, const wire::OpenBody& open) {
  return RequireNoCircle(at, *at.FindByWireName(open.service), open);
}

TEST(Circles, OfTwoNodesAreFoundFromEitherEnd) {
  const auto a =
      Node("a", {Listening("there", "127.0.0.1:53", "b"), Connecting("back", "localhost:53")});
  const auto b =
      Node("b", {Connecting("there", "127.0.0.1:5300"), Listening("back", "0.0.0.0:5300", "a")});
  const auto there = Judge(b, OpenOf("there", a, {}));
  ASSERT_FALSE(there);
  EXPECT_EQ(there.error().message,
            "circle: what comes out of service there at b goes on into service back there, and at "
            "a back into service there");
  EXPECT_FALSE(Judge(a, OpenOf("back", b, {})));
}

TEST(Circles, OfNodesWhoseNamesAreSpelledOtherwiseAreFound) {
  const auto a = Node(
      "A.Example", {Listening("there", "127.0.0.1:53", "b"), Connecting("back", "localhost:53")});
  const auto b = Node("b", {Connecting("there", "127.0.0.1:5300"),
                            Listening("back", "127.0.0.1:5300", "a.example")});
  EXPECT_FALSE(Judge(b, OpenOf("there", a, {})));
}

TEST(Circles, OtherPortsProtocolsAndTargetsMakeNone) {
  const auto a =
      Node("a", {Listening("there", "127.0.0.1:53", "b"), Connecting("back", "127.0.0.1:53")});
  auto b =
      Node("b", {Connecting("there", "127.0.0.1:5300"), Listening("back", "127.0.0.1:5300", "a")});
  ASSERT_FALSE(Judge(b, OpenOf("there", a, {})));
  b.services[1].target = "c";
  EXPECT_TRUE(Judge(b, OpenOf("there", a, {})));
  b.services[1].target = "a";
  b.services[0].connect_address[0].endpoint.port = 5301;
  EXPECT_TRUE(Judge(b, OpenOf("there", a, {})));
  b.services[0].connect_address[0].endpoint.port = 5300;
  b.services[1].protocol = config::Protocol::kTcp;
  EXPECT_TRUE(Judge(b, OpenOf("there", a, {})));
  b.services[1].protocol = config::Protocol::kUdp;
  // The port of a wildcard, but at an address of another machine.
  b.services[1].listen_address = {*config::Endpoint::ParseBackend("0.0.0.0:5300")};
  b.services[0].connect_address = {*config::Backend::Parse("192.0.2.1:5300")};
  EXPECT_TRUE(Judge(b, OpenOf("there", a, {})));
}

// Whichever of the three channels comes last is refused, because of what the acceptors learnt
// before.
TEST(Circles, OfThreeNodesAreFoundInAnyOrder) {
  std::map<std::string, config::Configuration> nodes;
  nodes["a"] = Node("a", {Listening("ab", "127.0.0.1:1", "b"), Connecting("ca", "127.0.0.1:1")});
  nodes["b"] = Node("b", {Listening("bc", "127.0.0.1:2", "c"), Connecting("ab", "127.0.0.1:2")});
  nodes["c"] = Node("c", {Listening("ca", "127.0.0.1:3", "a"), Connecting("bc", "127.0.0.1:3")});
  std::vector<std::string> order{"ab", "bc", "ca"};
  do {
    std::map<std::string, Circles> circles;
    int refused = 0;
    for (const std::string& service : order) {
      const std::string from = service.substr(0, 1), to = service.substr(1);
      const auto open = OpenOf(service, nodes[from], circles[from]);
      if (Judge(nodes[to], open))
        circles[to].Learn(*ServiceName::Parse(service), from, open.fed_by);
      else
        ++refused;
    }
    EXPECT_GE(refused, 1) << order[0] << order[1] << order[2];
  } while (std::next_permutation(order.begin(), order.end()));
}

class CircleTest : public ChannelTest {};

TEST_F(CircleTest, IsRefusedWithAReasonThatBothEndsShow) {
  branch_node_->Configure("services.d/back.ini",
                          "[service]\nprotocol = udp\n" + EdgeUser("6000") +
                              "[connect]\naddress = 127.0.0.1:53\n[security]\nidentity = " +
                              ldap_client_ + "\naccept = " + ldap_server_ + "\n");
  hoster_node_->Configure("services.d/back.ini",
                          "[service]\nprotocol = udp\npeer = branch\n" + EdgeUser("6000") +
                              "[listen]\naddress = 127.0.0.1:5300\n[security]\nidentity = " +
                              ldap_server_ + "\nexpect = " + ldap_client_ + "\n");

  branch_node_->server().Reload();
  hoster_node_->server().Reload();
  const auto opening = Open();
  EXPECT_EQ(wire::OpenBody::Parse(opening.open_body)->fed_by,
            (std::vector<wire::Feed>{{"branch.test", "back"}}));

  const auto refused = Refusal(opening.open_body);
  EXPECT_TRUE(refused.text.starts_with("circle: ")) << refused.text;
  EXPECT_EQ(hoster_node_->Count(kCirclesRefused), 1u);

  edge_.Send(ipc::CompleteRefused{
      .request = ++request_, .handshake = opening.handshake, .refused_body = refused.refused_body});
  const auto failed = edge_.Receive<ipc::Failed>();
  EXPECT_TRUE(failed.authenticated);
  EXPECT_EQ(failed.text, refused.text);
  EXPECT_EQ(branch_node_->server().shared().failures.kept().back().text, refused.text);
}

}  // namespace
}  // namespace funnel::authd
