#include "funnel-sctpd/relay/relay_routes.h"

#include "tests/unit/sctpd/channel/parts_harness.h"

namespace funnel::sctpd {
namespace {

class RelayRoutesTest : public ChannelParts {
 protected:
  RelayRoutesTest() {
    shared.config.node.name = "r.example";
    shared.config.services = {Relay("any", "", {"a"}, "b"), Relay("one", "b.example", {"a"}, "b")};
    association = MakeUp();
    associations.up = association.get();
  }
  static config::ServiceConfig Relay(const std::string& name, const std::string& target,
                                     std::vector<std::string> from, const std::string& to) {
    config::ServiceConfig relay = MakeService(name, config::Role::kRelay, "");
    relay.wire_name = "dns";
    relay.target = target;
    relay.relay_from = std::move(from);
    relay.relay_to = to;
    return relay;
  }
  static Bytes Open(const std::string& target, std::uint8_t hops = 8, std::uint8_t nonce = 1) {
    wire::OpenBody open{.service = "dns", .target = target, .hop_limit = hops, .token = {9}};
    open.nonce.fill(nonce);
    return open.Serialize();
  }
  // Why it is denied; "": it is allowed.
  std::string Denied(const std::string& from, const Bytes& open) {
    auto verdict = routes.Judge(from, open);
    if (!verdict) return "not a relay's";
    return verdict->allowed ? "" : verdict->allowed.error().why;
  }

  std::unique_ptr<Association> association;
  RelayRoutes routes{shared, associations};
};

TEST_F(RelayRoutesTest, ServiceThatNamesTheTargetGoesFirst) {
  EXPECT_EQ(routes.Judge("a", Open("b.example"))->service.name.text(), "one");
  EXPECT_EQ(routes.Judge("a", Open("c.example"))->service.name.text(), "any");
  // Unless the service is for other peers.
  shared.config.services[1].relay_from = {"x"};
  EXPECT_EQ(routes.Judge("a", Open("b.example"))->service.name.text(), "any");
}

TEST_F(RelayRoutesTest, OwnChannelsAreNoRelays) {
  EXPECT_EQ(Denied("a", Open("r.example")), "not a relay's");
  EXPECT_EQ(Denied("a", {1, 2, 3}), "not a relay's");
  shared.config.services.clear();
  EXPECT_EQ(Denied("a", Open("b.example")), "not a relay's");
}

TEST_F(RelayRoutesTest, StrangerIsNotToldWhy) {
  auto verdict = routes.Judge("x", Open("b.example"));
  ASSERT_TRUE(verdict && !verdict->allowed);
  EXPECT_TRUE(verdict->allowed.error().is_secret);
  EXPECT_EQ(verdict->allowed.error().code, wire::RefusalCode::kRefused);
}

TEST_F(RelayRoutesTest, NonceThatIsPassingIsALoop) {
  EXPECT_EQ(Denied("a", Open("b.example")), "");
  Nonce nonce;
  nonce.fill(1);
  {
    auto in = routes.Hold(nonce), out = routes.Hold(nonce);
    in.Release();
    EXPECT_EQ(Denied("a", Open("b.example")), "a loop: it has passed here already");
    EXPECT_EQ(Denied("a", Open("b.example", 8, 2)), "");
  }
  EXPECT_EQ(Denied("a", Open("b.example")), "");
  EXPECT_EQ(counters[kRelayLoops].value(), 1u);
}

TEST_F(RelayRoutesTest, HopsRunOut) {
  EXPECT_NE(Denied("a", Open("b.example", 0)).find("no hop is left"), std::string::npos);
  EXPECT_EQ(counters[kRelayLoops].value(), 1u);
}

TEST_F(RelayRoutesTest, NextHopIsUpOrMadeOnDemand) {
  associations.up = nullptr;
  EXPECT_EQ(Denied("a", Open("b.example")), "the association with b is down");
  shared.config.peers = {MakePeer("b", "192.0.2.2")};
  shared.config.peers[0].when = config::When::kOnDemand;
  EXPECT_EQ(Denied("a", Open("b.example")), "");
}

TEST_F(RelayRoutesTest, NothingGoesBackToWhereItComesFrom) {
  shared.config.services = {Relay("back", "", {"b"}, "b")};
  EXPECT_EQ(Denied("b", Open("c.example")), "it would go back to where it comes from");
}

}  // namespace
}  // namespace funnel::sctpd
