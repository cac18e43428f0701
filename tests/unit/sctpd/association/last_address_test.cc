// A peer that is known by a name, and by an address that worked before the last start.
#include "tests/unit/sctpd/test_node.h"

namespace funnel::sctpd {
namespace {

class LastAddressTest : public TwoNodes {
 protected:
  void Start(const std::string& remembered) {
    config_a.peers = {MakePeer("b", "hoster.test")};
    config_b.peers = {MakePeer("a", "")};
    PathMemory routes;
    routes.Set("b", {.candidate = {.address = *sctp::TransportAddress::Parse(remembered, 9899)}});
    a = std::make_unique<TestNode>(network, *loop, "a", "192.0.2.1", config_a, now, routes);
    b = std::make_unique<TestNode>(network, *loop, "b", "192.0.2.2", config_b, now);
    a->resolver.silent = true;
    b->associations->Start();
    a->associations->Start();
    Settle();
  }
  void AnswerWith(const std::string& address) {
    a->resolver.silent = false;
    a->resolver.found = {{.address = *sctp::TransportAddress::Parse(address, 9899)}};
  }
  [[nodiscard]] std::string last_tried() const {
    return a->engine->connects.empty() ? "" : PathText(a->engine->connects.back().second);
  }
};

TEST_F(LastAddressTest, IsTriedWhereTheNameLeadsNowhere) {
  Start("192.0.2.2");
  a->resolver.silent = false;
  Settle();
  EXPECT_EQ(last_tried(), "192.0.2.2:9899 (udp)");
  EXPECT_EQ(a->Count(kFallbacks), 1u);
  a->Verify(a->only_association(), "b");
  EXPECT_NE(a->associations->FindUp("b"), nullptr);
}

TEST_F(LastAddressTest, IsTriedWhileTheNameServerIsSilent) {
  Start("192.0.2.2");
  Advance(299ms);
  EXPECT_EQ(last_tried(), "");
  Advance(1ms);
  EXPECT_EQ(last_tried(), "192.0.2.2:9899 (udp)");
  EXPECT_NE(a->associations->peers().at("b")->dialling().reason().find("still being looked up"),
            std::string::npos);
}

TEST_F(LastAddressTest, IsNotForgottenForTheTimerOfSomebodyElse) {
  Start("192.0.2.2");
  Advance(299ms);
  EXPECT_EQ(a->associations->NextTimer(), now + 1ms);
}

TEST_F(LastAddressTest, LeavesTheNextRoundToTheNameAfterItFailed) {
  Start("192.0.2.77");
  Advance(300ms);
  EXPECT_EQ(last_tried(), "192.0.2.77:9899 (udp)");
  // The name server's answer, once it comes.
  a->resolver.found = {{.address = *sctp::TransportAddress::Parse("192.0.2.2", 9899)}};
  for (int i = 0; i < 30 && a->resolver.questions < 2; ++i) Advance(1s);
  ASSERT_EQ(a->resolver.questions, 2);
  Advance(10s);
  EXPECT_EQ(a->engine->connects.size(), 1u);
  a->resolver.silent = false;
  Settle();
  EXPECT_EQ(last_tried(), "192.0.2.2:9899 (udp)");
}

TEST_F(LastAddressTest, IsNotTriedByACarrierThatConfigurationExcludes) {
  Start("192.0.2.2");
  auto config = config_a;
  config.peers[0].carrier = config::Carrier::kDirect;
  a = std::make_unique<TestNode>(network, *loop, "a", "192.0.2.1", config, now, a->shared.paths);
  a->associations->Start();
  Settle();
  Advance(1s);
  EXPECT_EQ(last_tried(), "");
}

}  // namespace
}  // namespace funnel::sctpd
